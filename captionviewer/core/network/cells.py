"""The recurrent cells that a network may have, each declared once.

What a cell is made of: its reference in `layers`, to be read beside the lecture notes; the same over a
packed minibatch in `packed_cells`, for training; and its step here, for decoding. A new cell is written
there and declared here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from captionviewer.core.arrays import BoolArray, FloatArray, IntArray
from captionviewer.core.network import layers
from captionviewer.core.network.packed_cells import PackedLstm, PackedRnn, activated

CellType = Literal["rnn", "lstm"]


@dataclass(frozen=True)
class DecodingState:
    """What a network carries from one timestep to the next, for N images.

    Attributes
    ----------
    h
        (N, H) the hidden state.
    c
        (N, H) the cell state of an LSTM, None for a cell that has none.
    cell_type
        whose state it is.
    """

    h: FloatArray
    c: FloatArray | None
    cell_type: CellType

    def of_images(self, rows: BoolArray | IntArray | slice) -> "DecodingState":
        """The state of some of the images: those where a mask (N,) is True, rows (n,), or a slice of them."""
        return DecodingState(self.h[rows], None if self.c is None else self.c[rows], self.cell_type)


@dataclass(frozen=True)
class Cell:
    """A kind of recurrent cell.

    Attributes
    ----------
    label
        its name for people.
    gates
        how many H columns Wx, Wh and b have.
    forward, backward
        the reference over whole sequences, `layers.<cell>_forward` and `layers.<cell>_backward`.
    packed
        the same over a packed minibatch.
    has_cell_state
        whether it carries a cell state beside the hidden state, which starts at zero.
    advance
        from a state, what the words add (N, gates * H, the bias included), and Wh, to the next state.
    """

    label: str
    gates: int
    # Any: the cache in between is the cell's own.
    forward: Callable[..., tuple[FloatArray, Any]]
    backward: Callable[..., tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]]
    packed: type[PackedRnn]
    has_cell_state: bool
    advance: Callable[[DecodingState, FloatArray, FloatArray], DecodingState]


def _advance_rnn(state: DecodingState, inputs: FloatArray, Wh: FloatArray) -> DecodingState:
    a = state.h @ Wh  # (N, H)
    a += inputs
    return DecodingState(np.tanh(a, out=a), None, state.cell_type)


def _advance_lstm(state: DecodingState, inputs: FloatArray, Wh: FloatArray) -> DecodingState:
    assert state.c is not None
    a = state.h @ Wh  # (N, 4H)
    a += inputs
    i, f, o, g = activated(a)  # (N, H) each
    c = f * state.c
    c += i * g
    h = np.tanh(c)
    h *= o
    return DecodingState(h, c, state.cell_type)


CELLS: Mapping[CellType, Cell] = {
    "rnn": Cell("RNN (vanilla)", 1, layers.rnn_forward, layers.rnn_backward, PackedRnn, False, _advance_rnn),
    "lstm": Cell("LSTM", 4, layers.lstm_forward, layers.lstm_backward, PackedLstm, True, _advance_lstm),
}
