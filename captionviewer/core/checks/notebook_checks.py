"""Every check of the RNN and the LSTM notebook, in their order, with the values that they print."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.checks import notebook_values as values
from captionviewer.core.checks.check import Bench, Check, Measured, Notebook
from captionviewer.core.checks.few_captions import until_end
from captionviewer.core.checks.subject import WrongAnswer
from captionviewer.core.coco.vocabulary import END, NULL
from captionviewer.core.network.cells import CELLS, CellType
from captionviewer.core.network.gradient_check import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    rel_error,
)

FORWARD = 1e-7  # the notebook prints eight digits
# Of norms: element by element the notebook's 1e-8 is a matter of the seed, as differences are noise on tiny
# entries.
GRADIENT = 1e-6
LOSS = 1e-11
FRESH = 0.05  # of a random mask; the notebook says "about 2.3"
BY_HEART = 0.1  # nats a caption
GIVEN_BACK = 0.2  # the share of captions that may differ


def ramp(low: float, high: float, *shape: float) -> FloatArray:
    """Evenly spaced numbers, as the notebook makes its inputs."""
    return np.linspace(low, high, num=int(math.prod(shape))).reshape([int(each) for each in shape])


def _compared(
    name: str, expected: FloatArray, ours: Any, distance: Callable[[FloatArray, FloatArray], float]
) -> float:
    found = np.asarray(ours)
    if found.dtype.kind not in "fiu":
        raise WrongAnswer(f"{name} holds no numbers")
    if found.shape != expected.shape:
        raise WrongAnswer(f"{name} has shape {found.shape}, and {expected.shape} is needed")
    return distance(found, expected)


def _of_norms(a: FloatArray, b: FloatArray) -> float:
    return float(np.linalg.norm(a - b)) / max(float(np.linalg.norm(a) + np.linalg.norm(b)), 1e-300)


def _some(numbers: Any) -> str:
    first = np.ravel(numbers)[:3]
    return ", ".join(f"{value:.8f}" for value in first) + (", …" if np.size(numbers) > 3 else "")


def _forward(
    function: str, inputs: Sequence[FloatArray], expected: dict[str, FloatArray], bench: Bench
) -> Measured:
    found = bench.subject.call(function, len(expected) + 1, *inputs)
    error = max(
        _compared(name, right, got, rel_error)
        for (name, right), got in zip(expected.items(), found, strict=False)
    )
    return Measured(_some(next(iter(expected.values()))), _some(found[0]), error)


def _gradient(
    layer: str, names: str, shapes: Sequence[tuple[int, ...]], results: int, bench: Bench
) -> Measured:
    """The backward function of `layer` against centred differences of its forward function."""
    rng, call = bench.rng(), bench.subject.call
    inputs = [rng.standard_normal(shape) for shape in shapes]
    *out, cache = call(f"{layer}_forward", results + 1, *inputs)
    upstream = [rng.standard_normal(np.shape(each)) for each in out]
    found = call(f"{layer}_backward", len(inputs), *upstream, cache)
    pairs: dict[str, tuple[Any, Any]] = {}
    for name, value, got in zip(names.split(), inputs, found, strict=True):
        # With several results, the differences of each under its own upstream gradient add up.
        numeric = np.zeros_like(value)
        for place in range(results):

            def result(_: FloatArray, place: int = place) -> FloatArray:
                return np.asarray(call(f"{layer}_forward", results + 1, *inputs)[place])

            numeric += eval_numerical_gradient_array(result, value, upstream[place])
        pairs[f"d{name}"] = numeric, got
    return _held_against(pairs)


def _held_against(pairs: dict[str, tuple[Any, Any]]) -> Measured:
    """Each gradient beside the differences: the worst of them, named."""
    errors = {name: _compared(name, right, got, _of_norms) for name, (right, got) in pairs.items()}
    worst = max(errors, key=lambda name: math.inf if math.isnan(errors[name]) else errors[name])
    right, got = pairs[worst]
    return Measured(_some(right), f"{_some(got)} (worst: {worst})", errors[worst])


def _embedding_gradient(bench: Bench) -> Measured:
    N, T, V, D = 50, 3, 5, 6
    rng, call = bench.rng(), bench.subject.call
    x, W = rng.integers(V, size=(N, T)), rng.standard_normal((V, D))
    out, cache = call("word_embedding_forward", 2, x, W)
    dout = rng.standard_normal(np.shape(out))
    (dW,) = call("word_embedding_backward", 1, dout, cache)
    numeric = eval_numerical_gradient_array(lambda _: call("word_embedding_forward", 2, x, W)[0], W, dout)
    return _held_against({"dW": (numeric, dW)})


def _embedding_forward(bench: Bench) -> Measured:
    x = np.array([[0, 3, 1, 2], [2, 1, 0, 3]])
    out, _ = bench.subject.call("word_embedding_forward", 2, x, ramp(0, 1, 5, 3))
    expected = values.EMBEDDING
    return Measured(_some(expected[0, 1]), _some(out[0, 1]), _compared("out", expected, out, rel_error))


def _fresh_softmax(N: int, T: int, p: float, about: float, bench: Bench) -> Measured:
    V = 10
    rng = bench.rng()
    scores = 0.001 * rng.standard_normal((N, T, V))
    targets, mask = rng.integers(V, size=(N, T)), rng.random((N, T)) <= p
    loss, _ = bench.subject.call("temporal_softmax_loss", 2, scores, targets, mask)
    right = T * p * math.log(V)
    return Measured(f"about {about:g}", f"{float(loss):.4f}", abs(float(loss) - right) / right)


def _softmax_gradient(bench: Bench) -> Measured:
    N, T, V = 7, 8, 9
    rng, call = bench.rng(), bench.subject.call
    scores = rng.standard_normal((N, T, V))
    targets, mask = rng.integers(V, size=(N, T)), rng.random((N, T)) > 0.5
    _, dx = call("temporal_softmax_loss", 2, scores, targets, mask)
    numeric = eval_numerical_gradient(
        lambda x: float(call("temporal_softmax_loss", 2, x, targets, mask)[0]), scores, verbose=False
    )
    return _held_against({"dx": (numeric, dx)})


_TOY = {NULL: 0, "cat": 2, "dog": 3}


def _loss(cell: CellType, low: float, high: float, expected: float, bench: Bench) -> Measured:
    N, D, W, H, T = 10, 20, 30, 40, 13
    model = bench.model(_TOY, D, W, H, cell, np.float64)
    for name, value in model.params.items():
        model.params[name] = ramp(-1.4, 1.3, *value.shape)
    loss, _ = model.loss(ramp(low, high, N, D), (np.arange(N * T) % len(_TOY)).reshape(N, T))
    return Measured(f"{expected:.11f}", f"{loss:.11f}", abs(loss - expected) / expected)


def _loss_gradients(cell: CellType, bench: Bench) -> Measured:
    rng = bench.rng()
    model = bench.model(_TOY, 4, 5, 6, cell, np.float64, rng=rng)
    features = rng.standard_normal((2, 4))
    captions = np.array([[0, 1, 0, 2], [2, 0, 1, 1]])  # <NULL>s in the middle, too
    _, grads = model.loss(features, captions)
    return _held_against(
        {
            name: (
                eval_numerical_gradient(lambda _: model.loss_alone(features, captions), value, verbose=False),
                grads[name],
            )
            for name, value in model.params.items()
        }
    )


def _overfit(cell: CellType, bench: Bench) -> Measured:
    _, losses = bench.trained(cell)
    end = float(np.mean(losses[-10:]))
    return Measured(f"below {BY_HEART:g} at the end", f"{losses[0]:.2f} at first, {end:.4f} at the end", end)


def _sample(cell: CellType, split: str, bench: Bench) -> Measured:
    model, _ = bench.trained(cell)
    few = bench.captions()
    captions, features = (
        (few.train_captions, few.train_features) if split == "train" else (few.val_captions, few.val_features)
    )
    end = few.word_to_idx[END]
    sampled = model.sample(features)
    n = len(sampled)
    if split == "train":
        right = few.given_back(sampled)
        return Measured(f"{n} of {n} given back", f"{right} of {n}", 1 - right / n)
    written = [until_end(row, end) for row in sampled]
    right = sum(until_end(row[1:], end) == mine for row, mine in zip(captions, written, strict=True))
    ended = sum(row[-1] == end for row in written)
    words = f"{ended} of {n} end, {right} are right"
    return Measured("captions that end, hardly one right", words, 1 - ended / n)


def _of_cell(cell: CellType) -> list[Check]:
    """The checks of a cell alone: one step and a sequence, forward and backward."""
    book: Notebook = "RNN" if cell == "rnn" else "LSTM"
    name, gates, has_cell_state = CELLS[cell].name, CELLS[cell].gates, CELLS[cell].has_cell_state
    step, whole = f"{cell}_step", cell
    N, D, H, T = 4, 5, 6, 5
    states: tuple[str, list[tuple[int, ...]]] = ("prev_h", [(N, H)])
    if has_cell_state:
        states = ("prev_h prev_c", [(N, H), (N, H)])
    step_shapes = [(N, D), *states[1], (D, gates * H), (H, gates * H), (gates * H,)]
    sequence_shapes: list[tuple[int, ...]] = [(2, T, 3), (2, 5), (3, gates * 5), (5, gates * 5), (gates * 5,)]
    step_values, sequence_values = values.STEP[cell], values.SEQUENCE[cell]
    both = (f"{step}_forward", f"{whole}_forward")
    back = (f"{step}_backward", f"{whole}_backward")
    return [
        Check(
            f"{step}_forward", book, f"One {name} step gives the notebook's values", both[:1], FORWARD,
            partial(_forward, both[0], [ramp(*each) for each in step_values.inputs], step_values.expected),
        ),
        Check(
            f"{step}_backward", book, "Its gradients agree with centred differences", back[:1], GRADIENT,
            partial(_gradient, step, f"x {states[0]} Wx Wh b", step_shapes, 2 if has_cell_state else 1),
        ),
        Check(
            f"{whole}_forward", book, f"The {name} over a sequence gives the notebook's values", both[::-1],
            FORWARD,
            partial(
                _forward, both[1], [ramp(*each) for each in sequence_values.inputs], sequence_values.expected
            ),
        ),
        Check(
            f"{whole}_backward", book, "Gradients through time agree with centred differences", back[::-1],
            GRADIENT, partial(_gradient, whole, "x h0 Wx Wh b", sequence_shapes, 1),
        ),
    ]  # fmt: skip


def _of_model(cell: CellType, low: float, high: float, loss: float) -> list[Check]:
    """The checks of the whole network with a cell."""
    book: Notebook = "RNN" if cell == "rnn" else "LSTM"
    parts = (f"{cell}_forward", f"{cell}_backward", "temporal_softmax_loss")
    steps = (f"{cell}_step_forward",)
    return [
        Check(
            f"{cell}_loss", book, f"CaptioningRNN's loss with {book} cells is the notebook's", parts, LOSS,
            partial(_loss, cell, low, high, loss),
        ),
        Check(
            f"{cell}_gradients", book, "All its gradients agree with centred differences", parts, GRADIENT,
            partial(_loss_gradients, cell),
        ),
        Check(
            f"{cell}_overfit", book, "It learns 50 captions by heart", parts, BY_HEART,
            partial(_overfit, cell), trains=True,
        ),
        Check(
            f"{cell}_sample_train", book, "It then gives those captions back", steps, GIVEN_BACK,
            partial(_sample, cell, "train"), trains=True,
        ),
        Check(
            f"{cell}_sample_val", book, "On new photos it writes captions that end", steps, GIVEN_BACK,
            partial(_sample, cell, "val"), trains=True,
        ),
    ]  # fmt: skip


_SOFTMAX = ("temporal_softmax_loss",)
_FRESH = "A fresh model's loss is ln 10 a word:"

CHECKS: Sequence[Check] = (
    *_of_cell("rnn"),
    Check(
        "word_embedding_forward", "RNN", "Each word gets its vector", ("word_embedding_forward",), FORWARD,
        _embedding_forward,
    ),
    Check(
        "word_embedding_backward", "RNN", "A word that occurs many times gets every gradient",
        ("word_embedding_backward",), GRADIENT, _embedding_gradient,
    ),
    Check(
        "temporal_affine", "RNN", "The scores' gradients agree with centred differences",
        ("temporal_affine_forward", "temporal_affine_backward"), GRADIENT,
        partial(_gradient, "temporal_affine", "x w b", [(2, 3, 4), (4, 5), (5,)], 1),
    ),
    Check(
        "temporal_softmax_one", "RNN", f"{_FRESH} one word a caption", _SOFTMAX, FRESH,
        partial(_fresh_softmax, 100, 1, 1.0, 2.3),
    ),
    Check(
        "temporal_softmax_ten", "RNN", f"{_FRESH} ten words, summed over time", _SOFTMAX, FRESH,
        partial(_fresh_softmax, 100, 10, 1.0, 23),
    ),
    Check(
        "temporal_softmax_masked", "RNN", f"{_FRESH} ten, of which the mask leaves one", _SOFTMAX, FRESH,
        partial(_fresh_softmax, 5000, 10, 0.1, 2.3),
    ),
    Check(
        "temporal_softmax_gradient", "RNN", "The loss's gradient agrees with centred differences", _SOFTMAX,
        GRADIENT, _softmax_gradient,
    ),
    *_of_model("rnn", -1.5, 0.3, 9.83235591003),
    *_of_cell("lstm"),
    *_of_model("lstm", -0.5, 1.7, 9.82445935443),
)  # fmt: skip

BY_KEY = {check.key: check for check in CHECKS}
