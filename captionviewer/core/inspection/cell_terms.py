"""The numbers that go into one unit at one timestep, as the cell's equation adds them up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from captionviewer.core.inspection.states import StateTrace
from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CellType


@dataclass(frozen=True)
class RnnTerms:
    """h = tanh(word + before + bias): what the word fed, the state before, and the bias give."""

    word: float
    before: float
    bias: float
    h: float


@dataclass(frozen=True)
class LstmTerms:
    """c = f c_before + i g and h = o tanh(c)."""

    i: float
    f: float
    o: float
    g: float
    c_before: float
    c: float
    h: float


def cell_terms(model: CaptioningRNN, trace: StateTrace, unit: int, t: int) -> RnnTerms | LstmTerms | None:
    """The terms of one unit after words[t] of a trace was fed; None for a cell of no such equation.

    Raises
    ------
    IndexError
        No such unit or timestep.
    """
    terms_of = _TERMS.get(model.cell_type)
    return None if terms_of is None else terms_of(model, trace, unit, t)


def _rnn_terms(model: CaptioningRNN, trace: StateTrace, unit: int, t: int) -> RnnTerms:
    params, hidden = model.params, trace.values["h"]
    before = hidden[t - 1] if t > 0 else trace.initial
    word = float(np.dot(params["W_embed"][trace.words[t]], params["Wx"][:, unit]))
    from_before, bias = float(np.dot(before, params["Wh"][:, unit])), float(params["b"][unit])
    return RnnTerms(word, from_before, bias, float(hidden[t, unit]))


def _lstm_terms(model: CaptioningRNN, trace: StateTrace, unit: int, t: int) -> LstmTerms:
    i, f, o, g, c, h = (float(trace.values[name][t, unit]) for name in ("i", "f", "o", "g", "c", "h"))
    return LstmTerms(i, f, o, g, float(trace.previous_cell(t)[unit]), c, h)


_TERMS: Mapping[CellType, Callable[[CaptioningRNN, StateTrace, int, int], RnnTerms | LstmTerms]] = {
    "rnn": _rnn_terms,
    "lstm": _lstm_terms,
}
