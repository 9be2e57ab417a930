"""The storybook: train on it for at most a minute, then see what the captions of unseen scenes are worth.

    python benchmarks/storybook.py [FOLDER] [--features pca] [--seed 231] [--show 8]

Prints the book's size and unpacking time, how varied its captions are, and, after training with the
"Storybook" settings, how often the greedy caption of a val scene names the main thing (the largest one, as
the scene's description has it), and BLEU-4 against people's captions beside three yardsticks: one of the
scene's own five captions, a caption of the nearest training photo by features, and the commonest caption of
all. Every BLEU-4 is against four of the scene's captions, averaged over which one is left out.
Needs sacrebleu (the extra "bench").
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import sacrebleu

from captionviewer.core import CaptioningRNN, CaptioningSolver
from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.dataset import CocoDataset
from captionviewer.core.coco.vocabulary import caption_text
from captionviewer.core.storybook.addresses import picture_of, scene_at
from captionviewer.core.storybook.pixel_encoder import shipped_encoder
from captionviewer.core.storybook.scenes import Scene
from captionviewer.core.storybook.sentences import captions
from captionviewer.core.storybook.shipped import ARCHIVE, LEVELS, storybook_folder, unpack
from captionviewer.core.storybook.words import NOUNS
from captionviewer.core.training.settings import PRESETS, STORYBOOK_PRESET, TrainingSettings
from captionviewer.resources import resource

SETTINGS = PRESETS[STORYBOOK_PRESET]


def bleu(said: list[str], told: list[list[str]]) -> float:
    """Return corpus BLEU-4, 0 to 1, of one sentence a scene against some sentences a scene."""
    references = [list(column) for column in zip(*told, strict=True)]
    found = sacrebleu.corpus_bleu(said, references, tokenize="none", smooth_method="none", force=True)
    return float(found.score) / 100


def bleu_against_four(said: list[str], told: list[list[str]]) -> float:
    """Return the mean BLEU-4 against four of five, each left out once."""
    return float(np.mean([bleu(said, [five[:k] + five[k + 1 :] for five in told]) for k in range(5)]))


def mentions(text: str, kind: str) -> int:
    """Return the position of the first word that names a kind, -1 if none does."""
    places = [f" {text} ".find(f" {name} ") for noun in NOUNS[kind] for name in noun[:2]]
    return min((place for place in places if place >= 0), default=-1)


def named_first(text: str) -> str:
    """Return the kind that a caption names first."""
    found = [(mentions(text, kind), kind) for kind in NOUNS if mentions(text, kind) >= 0]
    return min(found)[1] if found else ""


def nearest(train: FloatArray, val: FloatArray) -> list[int]:
    """Return the row of the train photo nearest to each val photo, by cosine."""
    one = train / np.linalg.norm(train, axis=1, keepdims=True)
    other = val / np.linalg.norm(val, axis=1, keepdims=True)
    return [int(row) for row in (other @ one.T).argmax(axis=1)]


def trained(dataset: CocoDataset, settings: TrainingSettings, seed: int) -> tuple[CaptioningRNN, float, int]:
    """Return the trained model, the seconds it took and the number of iterations."""
    rng = np.random.default_rng(seed)
    data = dataset.training_data(None)
    model = settings.new_model(data["word_to_idx"], dataset.feature_dim)
    solver = CaptioningSolver(
        model, data, settings.update_rule, {"learning_rate": settings.learning_rate}, settings.lr_decay,
        settings.batch_size, settings.num_epochs, verbose=False, rng=rng,
    )  # fmt: skip
    began, worked = time.perf_counter(), time.process_time()
    while solver.iteration < solver.num_iterations:
        solver.step()
        if solver.iteration % (solver.iterations_per_epoch * 2) == 0:
            recent = np.mean(solver.loss_history[-solver.iterations_per_epoch :])
            print(f"  epoch {solver.epoch}: loss {recent:.2f} a caption, {time.perf_counter() - began:.1f} s")
    print(f"  {time.process_time() - worked:.1f} s of processor time, all threads together")
    return model, time.perf_counter() - began, solver.iteration


def about_the_book(scenes: list[Scene], told: list[list[str]]) -> None:
    print(f"archive: {resource(ARCHIVE).stat().st_size / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        unpack(Path(scratch))
        seconds = time.perf_counter() - began
        size = sum(path.stat().st_size for path in Path(scratch).iterdir())
    print(f"unpacked: {size / 1e6:.1f} MB in {seconds:.2f} s")
    times = []
    for one in scenes[:30]:
        began = time.perf_counter()
        picture_of(f"storybook:{one.split}/{one.number:06d}")
        times.append(time.perf_counter() - began)
    print(f"a picture: {1000 * float(np.median(times)):.0f} ms (median of 30)")
    patterns = Counter(caption.pattern for one in scenes for caption in captions(one))
    commonest, count = patterns.most_common(1)[0]
    print(f"commonest sentence pattern: {100 * count / sum(patterns.values()):.1f} % ({commonest})")
    human = [bleu([five[k] for five in told], [five[:k] + five[k + 1 :] for five in told]) for k in range(5)]
    print(f"one caption against the other four: BLEU-4 {min(human):.3f} to {max(human):.3f}")


def drawn_anew(dataset: CocoDataset, model: CaptioningRNN, said: list[str]) -> None:
    """Say how many val scenes, drawn and encoded again, give their stored row and the same greedy caption."""
    kind, val = dataset.feature_kind, dataset.split("val")
    encoder = shipped_encoder()
    made = np.stack([encoder.features(picture_of(url), kind) for url in val.urls])
    kept = val.features.read_all()
    off = np.abs(made - kept) / encoder.codes[kind].step
    again = [caption_text(row, dataset.vocabulary) for row in model.sample(made)]
    same = np.mean([one == other for one, other in zip(said, again, strict=True)])
    print(f"drawn and encoded anew: {100 * same:.2f} % of {len(said)} captions stay the same;")
    print(
        f"  {100 * np.mean(off > 0.01):.2f} % of the values fall to another code,"
        f" by {off.max():.2f} steps at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the storybook and what is learnt from it.")
    parser.add_argument("folder", nargs="?", type=Path, help="a built storybook; without it, the shipped one")
    parser.add_argument("--features", choices=tuple(LEVELS), default="pca")
    parser.add_argument("--seed", type=int, default=SETTINGS.seed)
    parser.add_argument("--show", type=int, default=8, help="captions to print")
    args = parser.parse_args()
    with CocoDataset.open(args.folder or storybook_folder(), args.features) as dataset:
        every = np.arange(dataset.split("val").num_photos)
        scenes = [scene_at(dataset.split("val").record(int(row)).url) for row in every]
        told = [[caption.text for caption in captions(one)] for one in scenes]
        print(
            f"{dataset.split('train').num_photos:,} train and {len(every):,} val scenes,"
            f" {len(dataset.vocabulary)} words, {dataset.feature_dim} {args.features} features"
        )
        about_the_book(scenes, told)
        unknown = (dataset.split("val").captions == dataset.vocabulary.unk).any(axis=1).mean()
        print(f"val captions with a word that fell to <UNK>: {100 * unknown:.1f} %")

        print(f"training: {SETTINGS}")
        model, seconds, iterations = trained(dataset, SETTINGS, args.seed)
        print(f"trained {iterations} iterations in {seconds:.1f} s")
        features = dataset.split("val").features.rows(every)
        said = [caption_text(row, dataset.vocabulary) for row in model.sample(features)]
        named = [mentions(text, one.kind) >= 0 for text, one in zip(said, scenes, strict=True)]
        first = [named_first(text) == one.kind for text, one in zip(said, scenes, strict=True)]
        coloured = [one.colour in text.split() for text, one in zip(said, scenes, strict=True)]
        if args.folder is None:
            drawn_anew(dataset, model, said)
        print(f"main thing named: {100 * np.mean(named):.1f} %; named first: {100 * np.mean(first):.1f} %")
        print(f"its colour named: {100 * np.mean(coloured):.1f} %; distinct captions: {len(set(said))}")

        human = float(np.mean([
            bleu([five[k] for five in told], [five[:k] + five[k + 1 :] for five in told]) for k in range(5)
        ]))  # fmt: skip
        train = dataset.split("train")
        neighbours = [
            captions(scene_at(train.record(row).url))[i % 5].text
            for i, row in enumerate(nearest(train.features.read_all(), features))
        ]
        texts = Counter(caption_text(row, dataset.vocabulary) for row in train.captions)
        commonest = texts.most_common(1)[0][0]
        reached = bleu_against_four(said, told)
        print(f"BLEU-4 {reached:.3f}: {100 * reached / human:.0f} % of one person's caption ({human:.3f})")
        print(f"  caption of the nearest training photo: {bleu_against_four(neighbours, told):.3f}")
        print(f"  commonest caption ({commonest!r}): {bleu_against_four([commonest] * len(told), told):.3f}")
        for row in range(args.show):
            print(f"  {scenes[row].description}\n    greedy: {said[row]}\n    person: {told[row][0]}")


if __name__ == "__main__":
    main()
