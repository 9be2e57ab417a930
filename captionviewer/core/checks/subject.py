"""What is put to the checks: layer functions by the course's names, and the model made of them."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.network import layers as reference
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.workspace import Interrupt, never


class WrongAnswer(CaptionviewerError):
    """A layer function gave something that is not even of the right form, or is not there."""


@dataclass(frozen=True)
class Subject:
    """Layer functions to be checked, and the model that is built of them.

    Attributes
    ----------
    layers
        A module with the course's names. Its own functions call each other.
    file
        The file whose rows are told when something in it fails; "" where they are told of none.
    counts_end
        Whether the model's loss counts `<END>` among the words to be predicted, as it should.
    """

    layers: ModuleType
    file: str = ""
    counts_end: bool = True

    def call(self, name: str, results: int, *arguments: Any) -> tuple[Any, ...]:
        """The `results` values that the function `name` gives.

        Raises
        ------
        WrongAnswer
            There is no such function, or it gives another number of values.
        """
        function = getattr(self.layers, name, None)
        if function is None:
            raise WrongAnswer(f"there is no function {name}")
        answer = function(*arguments)
        if answer is None:
            raise WrongAnswer(f"{name} returns nothing: is it written yet?")
        if results == 1:
            return (answer,)
        if not isinstance(answer, tuple | list) or len(answer) != results:
            given = len(answer) if isinstance(answer, tuple | list) else 1
            raise WrongAnswer(f"{name} returns {given} values, and {results} are needed")
        if all(part is None for part in answer):
            raise WrongAnswer(f"{name} returns None only: is it written yet?")
        return tuple(answer)


def fresh_layers() -> ModuleType:
    """A copy of the reference layers: a function replaced in it is the one that its others call."""
    spec = importlib.util.find_spec(reference.__name__)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class _Caches:
    """What the backward pass needs of the forward one."""

    projection: Any = None
    embedding: Any = None
    cell: Any = None
    scores: Any = field(default=None)


class LayeredModel(CaptioningRNN):
    """The captioning network with the loss and the greedy captions that a subject's layers give."""

    subject: Subject
    stopped: Callable[[], bool] = staticmethod(lambda: False)

    def counted(self, targets: IntArray) -> BoolArray:
        """Which targets (N, T) the loss counts."""
        mask: BoolArray = targets != self._null
        if not self.subject.counts_end and self._end is not None:
            mask = mask & (targets != self._end)
        return mask

    def loss_alone(self, features: FloatArray, captions: IntArray) -> float:
        """The loss without its gradients, by the subject's layers.  WrongAnswer, and whatever they raise."""
        return float(self._forward(features, captions)[0])

    def _forward(self, features: FloatArray, captions: IntArray) -> tuple[Any, Any, _Caches]:
        """The loss, its gradient with respect to the scores, and what the way back needs."""
        if self.stopped():
            raise WrongAnswer("it was stopped")
        call, p, cell = self.subject.call, self.params, self.cell_type
        inputs, targets = captions[:, :-1], captions[:, 1:]
        features = features.astype(p["Wx"].dtype, copy=False)
        kept = _Caches()
        h0, kept.projection = call("affine_forward", 2, features, p["W_proj"], p["b_proj"])
        x, kept.embedding = call("word_embedding_forward", 2, inputs, p["W_embed"])
        h, kept.cell = call(f"{cell}_forward", 2, x, h0, p["Wx"], p["Wh"], p["b"])
        scores, kept.scores = call("temporal_affine_forward", 2, h, p["W_vocab"], p["b_vocab"])
        loss, dscores = call("temporal_softmax_loss", 2, scores, targets, self.counted(targets))
        return loss, dscores, kept

    def loss(self, features: FloatArray, captions: IntArray) -> tuple[float, dict[str, FloatArray]]:
        """As `CaptioningRNN.loss`, by the subject's layers.  WrongAnswer, and whatever they raise."""
        call, cell = self.subject.call, self.cell_type
        loss, dscores, kept = self._forward(features, captions)
        grads: dict[str, FloatArray] = {}
        dh, grads["W_vocab"], grads["b_vocab"] = call("temporal_affine_backward", 3, dscores, kept.scores)
        dx, dh0, grads["Wx"], grads["Wh"], grads["b"] = call(f"{cell}_backward", 5, dh, kept.cell)
        (grads["W_embed"],) = call("word_embedding_backward", 1, dx, kept.embedding)
        _, grads["W_proj"], grads["b_proj"] = call("affine_backward", 3, dh0, kept.projection)
        return float(loss), grads

    def sample(self, features: FloatArray, max_length: int = 30, *, interrupt: Interrupt = never) -> IntArray:
        """As `CaptioningRNN.sample`, by the subject's layers.  WrongAnswer, and whatever they raise."""
        call, p, N = self.subject.call, self.params, len(features)
        if self._start is None:
            raise WrongAnswer("the vocabulary has no <START>")
        h, _ = call("affine_forward", 2, features.astype(p["Wx"].dtype), p["W_proj"], p["b_proj"])
        c = np.zeros_like(h)
        words = np.full(N, self._start)
        captions = np.full((N, max_length), self._null)
        ended = np.zeros(N, bool)
        for t in range(max_length):
            interrupt()
            x = call("word_embedding_forward", 2, words[:, np.newaxis], p["W_embed"])[0][:, 0]
            if self.cell_type == "rnn":
                h, _ = call("rnn_step_forward", 2, x, h, p["Wx"], p["Wh"], p["b"])
            else:
                h, c, _ = call("lstm_step_forward", 3, x, h, c, p["Wx"], p["Wh"], p["b"])
            scores, _ = call("temporal_affine_forward", 2, h[:, np.newaxis], p["W_vocab"], p["b_vocab"])
            words = scores[:, 0].argmax(axis=1)
            captions[~ended, t] = words[~ended]
            ended |= words == self._end
            if ended.all():
                break
        return captions
