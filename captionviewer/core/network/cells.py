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
from captionviewer.core.network.packed_cells import PackedLstm, PackedRnn, activated, split_gates

CellType = Literal["rnn", "lstm"]
# What a cell computes at a timestep and can be looked at: states, then gates in the order of their columns.
Quantity = Literal["h", "c", "i", "f", "o", "g"]


@dataclass(frozen=True)
class QuantityFacts:
    """A quantity's name for people, and the values between which it is shown: its own, but for c's."""

    name: str
    low: float
    high: float


QUANTITIES: Mapping[Quantity, QuantityFacts] = {
    "h": QuantityFacts("hidden state", -1.0, 1.0),
    "c": QuantityFacts("cell state", -3.0, 3.0),  # without bounds: rarely beyond these
    "i": QuantityFacts("input gate", 0.0, 1.0),
    "f": QuantityFacts("forget gate", 0.0, 1.0),
    "o": QuantityFacts("output gate", 0.0, 1.0),
    "g": QuantityFacts("candidate", -1.0, 1.0),
}


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
        its name for people, where it is chosen.
    name
        the same in a sentence.
    gates
        how many H columns Wx, Wh and b have.
    forward, backward
        the reference over whole sequences, `layers.<cell>_forward` and `layers.<cell>_backward`.
    packed
        the same over a packed minibatch.
    has_cell_state
        whether it carries a cell state beside the hidden state, which starts at zero.
    advance
        from the input of the nonlinearities (N, gates * H), which is overwritten, and the c before, writes
        the h after it and the c, (N, H) each; None for c in a cell that has none.
    quantities
        what of it can be looked at; its gates stand in the order of their columns.
    traced
        from a state and the input of the nonlinearities (N, gates * H), to the next state and everything
        of `quantities`, (N, H) each.
    reached_back
        from what was traced at a timestep, the state before it, and the gradients (N, S, H) of S losses with
        respect to its h and, coming from later, to its c: to those with respect to the input of the
        nonlinearities (N, S, gates * H), to its c in all, and to the c before it (both as they came, in a
        cell that has none).
    torch_gates
        for each of PyTorch's gates, which of ours it is; None for a cell that PyTorch has not.
    """

    label: str
    name: str
    gates: int
    # Any: the cache in between is the cell's own.
    forward: Callable[..., tuple[FloatArray, Any]]
    backward: Callable[..., tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]]
    packed: type[PackedRnn]
    has_cell_state: bool
    advance: Callable[[FloatArray, FloatArray | None, FloatArray, FloatArray | None], None]
    quantities: tuple[Quantity, ...]
    traced: Callable[[DecodingState, FloatArray], tuple[DecodingState, dict[Quantity, FloatArray]]]
    reached_back: Callable[
        [Mapping[Quantity, FloatArray], DecodingState, FloatArray, FloatArray],
        tuple[FloatArray, FloatArray, FloatArray],
    ]
    torch_gates: tuple[int, ...] | None

    def gate_columns(self, gate: Quantity, hidden_dim: int) -> slice | None:
        """The columns of Wx, Wh and b that make a gate; None where the cell has no such gate."""
        gates = [quantity for quantity in self.quantities if quantity not in ("h", "c")]
        if gate not in gates:
            return None
        first = gates.index(gate) * hidden_dim
        return slice(first, first + hidden_dim)


def _advance_rnn(a: FloatArray, c: FloatArray | None, new_h: FloatArray, new_c: FloatArray | None) -> None:
    np.tanh(a, out=new_h)


def _advance_lstm(a: FloatArray, c: FloatArray | None, new_h: FloatArray, new_c: FloatArray | None) -> None:
    assert c is not None and new_c is not None
    # By exp and not by tanh, as `activated` has it: NumPy's takes two thirds of the time under AVX2.
    a[:, -new_h.shape[1] :] *= 2
    i, f, o, g = split_gates(_sigmoid(a))  # (N, H) each
    g *= 2
    g -= 1  # tanh(x) is 2 sigmoid(2 x) - 1
    np.multiply(f, c, out=new_c)
    i *= g
    new_c += i
    np.multiply(new_c, 2, out=new_h)
    _sigmoid(new_h)
    new_h *= 2
    new_h -= 1
    new_h *= o


def _sigmoid(a: FloatArray) -> FloatArray:
    """1 / (1 + exp(-a)), in its place."""
    np.negative(a, out=a)
    with np.errstate(over="ignore"):  # far below zero it is 1 / infinity
        np.exp(a, out=a)
    a += 1
    return np.reciprocal(a, out=a)


def _traced_rnn(state: DecodingState, a: FloatArray) -> tuple[DecodingState, dict[Quantity, FloatArray]]:
    h = np.tanh(a)
    return DecodingState(h, None, state.cell_type), {"h": h}


def _traced_lstm(state: DecodingState, a: FloatArray) -> tuple[DecodingState, dict[Quantity, FloatArray]]:
    assert state.c is not None
    i, f, o, g = activated(a)  # (N, H) each
    c = f * state.c + i * g
    h = o * np.tanh(c)
    return DecodingState(h, c, state.cell_type), {"h": h, "c": c, "i": i, "f": f, "o": o, "g": g}


def _back_rnn(
    here: Mapping[Quantity, FloatArray], before: DecodingState, dh: FloatArray, dc: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    da: FloatArray = dh * (1 - here["h"] ** 2)[:, np.newaxis]
    return da, dc, dc


def _back_lstm(
    here: Mapping[Quantity, FloatArray], before: DecodingState, dh: FloatArray, dc: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    assert before.c is not None
    i, f, o, g = (here[gate][:, np.newaxis] for gate in ("i", "f", "o", "g"))
    tanh_c = np.tanh(here["c"])[:, np.newaxis]
    dc = dc + dh * o * (1 - tanh_c**2)
    da = np.concatenate(
        [
            dc * g * i * (1 - i),
            dc * before.c[:, np.newaxis] * f * (1 - f),
            dh * tanh_c * o * (1 - o),
            dc * i * (1 - g**2),
        ],
        axis=2,
    )
    return da, dc, dc * f


CELLS: Mapping[CellType, Cell] = {
    "rnn": Cell(
        label="RNN (vanilla)",
        name="RNN",
        gates=1,
        forward=layers.rnn_forward,
        backward=layers.rnn_backward,
        packed=PackedRnn,
        has_cell_state=False,
        advance=_advance_rnn,
        quantities=("h",),
        traced=_traced_rnn,
        reached_back=_back_rnn,
        torch_gates=(0,),
    ),
    "lstm": Cell(
        label="LSTM",
        name="LSTM",
        gates=4,
        forward=layers.lstm_forward,
        backward=layers.lstm_backward,
        packed=PackedLstm,
        has_cell_state=True,
        advance=_advance_lstm,
        quantities=("h", "c", "i", "f", "o", "g"),
        traced=_traced_lstm,
        reached_back=_back_lstm,
        torch_gates=(0, 1, 3, 2),  # i, f, g, o
    ),
}
