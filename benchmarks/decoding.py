"""Decoding: one caption of 30 words against 4 ms, 1,000 photos beside the reference step in a loop, 20
captions by chance against 50 ms, a beam of 10 against 20 ms a photo, and the time to prove the likeliest.

    python benchmarks/decoding.py [FOLDER] [--rounds 5]

FOLDER is a data folder in the official layout; without it the captions are synthetic, of COCO's lengths.
The models are the notebook's (512 features, wordvec 256, hidden 512, vocabulary 1,004), in float32,
trained for long enough here that captions end by themselves; their lengths are printed.
"""

import argparse
import statistics
from pathlib import Path
from typing import Any

import numpy as np
from timing.captions import END, NULL, START, caption_data
from timing.in_turn import block_of, in_turn, ratio

from captionviewer.core import CaptioningRNN, CaptioningSolver, lstm_step_forward, rnn_step_forward
from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.decoding.beam_search import beam_search
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.decoding.exact_search import exact_search
from captionviewer.core.decoding.sampling import draws, sample
from captionviewer.core.decoding.timestep import greedy_timesteps

PHOTOS, MAX_LENGTH, TRAINING_STEPS = 1_000, 30, 150


def trained(data: dict[str, Any], cell: Any) -> CaptioningRNN:
    rng = np.random.default_rng(0)
    model = CaptioningRNN(data["word_to_idx"], data["train_features"].shape[1], 256, 512, cell, rng=rng)
    config = {"learning_rate": 2e-3}
    solver = CaptioningSolver(model, data, "adam", config, batch_size=50, verbose=False, rng=rng)
    for _ in range(TRAINING_STEPS):
        solver.step()
    return model


def reference_captions(model: CaptioningRNN, features: FloatArray) -> IntArray:
    """Every photo to the full length, with the reference step."""
    p = model.params
    h: FloatArray = features @ p["W_proj"] + p["b_proj"]
    c: FloatArray = np.zeros_like(h)
    words = np.full(len(features), START)
    captions = np.empty((len(features), MAX_LENGTH), np.int32)
    for t in range(MAX_LENGTH):
        x = p["W_embed"][words]
        if model.cell_type == "rnn":
            h, _ = rnn_step_forward(x, h, p["Wx"], p["Wh"], p["b"])
        else:
            h, c, _ = lstm_step_forward(x, h, c, p["Wx"], p["Wh"], p["b"])
        words = (h @ p["W_vocab"] + p["b_vocab"]).argmax(axis=1)
        captions[:, t] = words
    return captions


def time_the_lab(model: CaptioningRNN, photos: FloatArray, rounds: int) -> None:
    """What the sampling lab asks for: captions by chance, a beam and the likeliest caption of one photo."""
    numbers = draws(0, 20, MAX_LENGTH)
    twenty = np.repeat(photos[:1], 20, axis=0)
    settings = {"all": Decoding("sample"), "cut": Decoding("sample", temperature=0.9, k=100, p=0.9)}
    times = in_turn(
        {
            **{
                name: block_of(lambda d=decoding: sample(model, twenty, d, numbers))
                for name, decoding in settings.items()
            },
            **{
                f"beam {width}": block_of(
                    lambda w=width: [
                        beam_search(model, one, Decoding("beam", beam_width=w)) for one in photos[:20]
                    ]
                )
                for width in (3, 10)
            },
        },
        rounds,
        2,
    )
    print(
        f"  20 captions of a photo by chance: {statistics.median(times['all']):.0f} ms, with k and p"
        f" {statistics.median(times['cut']):.0f} ms; bound 50 ms"
    )
    print(f"  a beam of 3: {statistics.median(times['beam 3']) / 20:.1f} ms a photo")
    print(f"  a beam of 10: {statistics.median(times['beam 10']) / 20:.1f} ms a photo; bound 20 ms")
    proofs = [exact_search(model, one, Decoding("exact", max_length=16)) for one in photos[:20]]
    seconds = sorted(proof.seconds for proof in proofs)
    print(
        f"  the likeliest caption: proved for {sum(proof.proved for proof in proofs)} of {len(proofs)},"
        f" {1e3 * statistics.median(seconds):.0f} ms in the median, {1e3 * seconds[-1]:.0f} ms at most,"
        f" {statistics.median(proof.expansions for proof in proofs):.0f} beginnings continued"
    )
    hard = model.copy()
    for name in ("W_vocab", "b_vocab"):  # all words about as likely: nothing can be proved
        hard.params[name] *= 0.01
    given_up = exact_search(hard, photos[0], Decoding("exact"))
    print(
        f"  where it can't be proved: {'proved' if given_up.proved else 'given up'} after"
        f" {given_up.seconds:.2f} s and {given_up.expansions:,} beginnings; bounds 2 s and 20,000"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time decoding.")
    parser.add_argument("folder", nargs="?", type=Path, help="a data folder; without it, synthetic captions")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    data = caption_data(args.folder)
    rng = np.random.default_rng(1)
    known = np.asarray(data["train_features"][:])
    photos = known[rng.integers(len(known), size=PHOTOS)]
    photos = photos + (0.3 * known.std() * rng.standard_normal(photos.shape)).astype(np.float32)
    for cell in ("rnn", "lstm"):
        model = trained(data, cell)
        lengths = (model.sample(photos, MAX_LENGTH) != NULL).sum(axis=1)
        endless = model.copy()
        endless.params["b_vocab"][END] = -1e9  # so that the caption has all 30 words
        assert len(greedy_timesteps(endless, photos[0], MAX_LENGTH)) == MAX_LENGTH
        one = in_turn(
            {"one": block_of(lambda m=endless: greedy_timesteps(m, photos[0], MAX_LENGTH))}, args.rounds, 10
        )["one"]
        many = in_turn(
            {
                "reference": block_of(lambda m=model: reference_captions(m, photos)),
                "sample": block_of(lambda m=model: m.sample(photos, MAX_LENGTH)),
            },
            args.rounds,
            2,
        )
        print(f"{cell}: one caption of {MAX_LENGTH} words: {statistics.median(one):.1f} ms; bound 4 ms")
        print(
            f"  {PHOTOS} photos: {statistics.median(many['sample']):.0f} ms; captions of "
            f"{lengths.mean():.1f} words ({lengths.min()} to {lengths.max()}), <END> included"
        )
        print(
            f"  reference step to full length / sample: {ratio(many['reference'], many['sample'])}; bound 3"
        )
        time_the_lab(model, photos, args.rounds)


if __name__ == "__main__":
    main()
