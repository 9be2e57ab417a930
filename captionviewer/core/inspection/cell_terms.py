"""The numbers that go into one unit at one timestep, as the cell's equation adds them up."""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.inspection.states import StateTrace
from captionviewer.core.network.captioning_rnn import CaptioningRNN


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


def cell_terms(model: CaptioningRNN, trace: StateTrace, unit: int, t: int) -> RnnTerms | LstmTerms:
    """The terms of one unit after words[t] of a trace was fed; IndexError for no such unit or timestep."""
    values = trace.values
    h = float(values["h"][t, unit])
    if "c" in values:
        i, f, o, g, c = (float(values[name][t, unit]) for name in ("i", "f", "o", "g", "c"))
        return LstmTerms(i, f, o, g, float(trace.previous_cell(t)[unit]), c, h)
    params = model.params
    before = values["h"][t - 1] if t > 0 else trace.initial
    word = float(np.dot(params["W_embed"][trace.words[t]], params["Wx"][:, unit]))
    return RnnTerms(word, float(np.dot(before, params["Wh"][:, unit])), float(params["b"][unit]), h)
