"""One training step beside the products it can't do without, the plain reference, and PyTorch.

    python benchmarks/training_step.py [FOLDER] [--rounds 5] [--cases rnn:25,lstm:128]

FOLDER is a data folder in the official layout; without it the captions are synthetic, of COCO's lengths.
The model is the notebook's (512 features, wordvec 256, hidden 512, vocabulary 1,004), in float32 with
Adam. Everything is timed in turn, a block each, and given as the median of the rounds' ratios.

The floor is the matrix products of the packed positions, each as one call where it can be, and the
update of the parameters. PyTorch, where it can be imported, has a process of its own and runs its usual
padded form: that captions are packed here is part of what is won.
"""

import argparse
import importlib.util
import multiprocessing
import multiprocessing.connection
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from timing.captions import NULL, caption_data
from timing.in_turn import Block, block_of, in_turn, ratio

from captionviewer.core import CaptioningRNN, CaptioningSolver, adam, sample_coco_minibatch
from captionviewer.core.network.flat_parameters import FlatParameters, rule_on
from captionviewer.core.network.packed_captions import pack

D, W, H, LEARNING_RATE, STEPS = 512, 256, 512, 5e-3, 8


def network(data: dict[str, Any], cell: Any) -> CaptioningRNN:
    return CaptioningRNN(data["word_to_idx"], D, W, H, cell, rng=np.random.default_rng(0))


def whole_step(data: dict[str, Any], cell: str, n: int) -> Callable[[], object]:
    config = {"learning_rate": LEARNING_RATE}
    rng = np.random.default_rng(1)
    return CaptioningSolver(
        network(data, cell), data, "adam", config, batch_size=n, num_epochs=10_000, verbose=False, rng=rng
    ).step


def reference_step(data: dict[str, Any], cell: str, n: int) -> Callable[[], object]:
    """The readable layers and adam, parameter by parameter."""
    model, rng = network(data, cell), np.random.default_rng(1)
    configs: dict[str, dict[str, Any]] = {name: {"learning_rate": LEARNING_RATE} for name in model.params}

    def step() -> None:
        captions, features, _ = sample_coco_minibatch(data, n, "train", rng)
        _, grads = model.reference_loss(features, captions)
        for name, gradient in grads.items():
            model.params[name], configs[name] = adam(model.params[name], gradient, configs[name])

    return step


def products(data: dict[str, Any], cell: str, n: int) -> Callable[[], object]:
    """The matrix products of one step, on arrays that are there already; the next minibatch each time."""
    model, rng = network(data, cell), np.random.default_rng(1)
    p = model.params
    G, V = p["Wh"].shape[1], p["W_vocab"].shape[1]
    most = n * (data["train_captions"].shape[1] - 1)
    x, h, a, scores = (rng.standard_normal((most, m)).astype(np.float32) for m in (W, H, G, V))
    features = rng.standard_normal((n, D)).astype(np.float32)
    grads = {name: np.empty_like(value) for name, value in p.items()}
    into = {m: np.empty((most, m), np.float32) for m in (W, H, G, V)}

    def step() -> None:
        captions, _, _ = sample_coco_minibatch(data, n, "train", rng)
        packed = pack(captions, NULL)
        R, P, first = len(packed.words), len(packed.targets), packed.counts[0]
        np.matmul(features[:first], p["W_proj"], out=into[H][:first])
        np.matmul(x[:R], p["Wx"], out=into[G][:R])
        for count in packed.counts:
            np.matmul(h[:count], p["Wh"], out=into[G][:count])
        np.matmul(h[:P], p["W_vocab"], out=into[V][:P])
        np.matmul(h[:P].T, scores[:P], out=grads["W_vocab"])
        np.matmul(scores[:P], p["W_vocab"].T, out=into[H][:P])
        for count in reversed(packed.counts):
            np.matmul(a[:count], p["Wh"].T, out=into[H][:count])
        np.matmul(h[:R].T, a[:R], out=grads["Wh"])
        np.matmul(x[:R].T, a[:R], out=grads["Wx"])
        np.matmul(a[:R], p["Wx"].T, out=into[W][:R])
        np.matmul(features[:first].T, h[:first], out=grads["W_proj"])

    return step


def optimizer(data: dict[str, Any], cell: str) -> Callable[[], object]:
    model = network(data, cell)
    flat = FlatParameters(model.params, np.float32)
    flat.adopt(model.params)
    rule = rule_on(flat, adam)
    assert rule is not None
    configs: dict[str, dict[str, Any]] = {name: {"learning_rate": LEARNING_RATE} for name in model.params}
    flat.flat_grads[:] = 1e-3
    return lambda: rule.update(configs)


def torch_step(data: dict[str, Any], cell: str, n: int) -> Callable[[], object]:
    import torch
    from torch import nn
    from torch.nn import functional

    V = len(data["word_to_idx"])
    embed, project, score = nn.Embedding(V, W), nn.Linear(D, H), nn.Linear(H, V)
    recurrent = (nn.RNN if cell == "rnn" else nn.LSTM)(W, H, batch_first=True)
    parameters = [p for layer in (embed, project, recurrent, score) for p in layer.parameters()]
    rule = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    rng = np.random.default_rng(1)

    def step() -> float:
        captions, features, _ = sample_coco_minibatch(data, n, "train", rng)
        words = torch.from_numpy(captions.astype(np.int64))
        h0 = project(torch.from_numpy(features))[None]
        h, _ = recurrent(embed(words[:, :-1]), h0 if cell == "rnn" else (h0, torch.zeros_like(h0)))
        loss = functional.cross_entropy(
            score(h).reshape(-1, V), words[:, 1:].reshape(-1), ignore_index=NULL, reduction="sum"
        )
        rule.zero_grad(set_to_none=True)
        (loss / n).backward()
        rule.step()
        return float(loss.item())

    return step


def serve_torch(pipe: multiprocessing.connection.Connection, folder: Path | None, cell: str, n: int) -> None:
    """In a process of its own: for each number received that many steps, and their times back."""
    block = block_of(torch_step(caption_data(folder), cell, n))
    while k := pipe.recv():
        pipe.send(block(k))


def torch_block(folder: Path | None, cell: str, n: int) -> tuple[Block, Callable[[], None]]:
    """A block of PyTorch's steps in another process, and what ends that process."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    child = spawn.Process(target=serve_torch, args=(there, folder, cell, n), daemon=True)
    child.start()

    def block(k: int) -> list[float]:
        here.send(k)
        times: list[float] = here.recv()
        return times

    def end() -> None:
        here.send(0)
        child.join()

    return block, end


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a training step.")
    parser.add_argument("folder", nargs="?", type=Path, help="a data folder; without it, synthetic captions")
    parser.add_argument("--rounds", type=int, default=5, help=f"blocks of {STEPS} steps for each side")
    parser.add_argument("--cases", default="rnn:25,rnn:128,lstm:25,lstm:128", help="cell:batch size, ...")
    args = parser.parse_args()
    data = caption_data(args.folder)
    with_torch = importlib.util.find_spec("torch") is not None
    if not with_torch:
        print("PyTorch is not installed here, so its step is not timed (pip install torch)")
    for case in args.cases.split(","):
        cell, batch = case.split(":")
        n = int(batch)
        sides: dict[str, Block] = {
            "step": block_of(whole_step(data, cell, n)),
            "products": block_of(products(data, cell, n)),
            "optimizer": block_of(optimizer(data, cell)),
            "reference": block_of(reference_step(data, cell, n)),
        }
        end = None
        if with_torch:
            sides["torch"], end = torch_block(args.folder, cell, n)
        times = in_turn(sides, args.rounds, STEPS)
        if end is not None:
            end()
        floor = [sum(both) for both in zip(times["products"], times["optimizer"], strict=True)]
        print(
            f"{cell}, batch {n}: " + ", ".join(f"{k} {statistics.median(v):.1f} ms" for k, v in times.items())
        )
        print(
            f"  step / (products of the packed positions + optimizer): {ratio(times['step'], floor)}"
            "; bound 1.3"
        )
        print(f"  reference / step: {ratio(times['reference'], times['step'])}")
        if with_torch:
            bound = {("rnn", True): 1.5, ("lstm", True): 1.2, ("lstm", False): 1.3}.get((cell, n < 128), 1.5)
            print(
                f"  PyTorch / step: {ratio(times['torch'], times['step'])}; bound {bound}"
                " (PyTorch runs padded captions: packing is part of what is won)"
            )


if __name__ == "__main__":
    main()
