"""The shapes of a captioning network's parameters: the one place where they are said."""

from captionviewer.core.network.cells import CELLS, CellType


def parameter_shapes(
    cell_type: CellType, vocabulary_size: int, input_dim: int, wordvec_dim: int, hidden_dim: int
) -> dict[str, tuple[int, ...]]:
    """Name -> shape of each parameter of a network with V words, D features, W and H numbers a vector."""
    V, D, W, H = vocabulary_size, input_dim, wordvec_dim, hidden_dim
    G = CELLS[cell_type].gates * H  # columns of the recurrent products: one H for each gate
    return {
        "W_embed": (V, W),
        "W_proj": (D, H),
        "b_proj": (H,),
        "Wx": (W, G),
        "Wh": (H, G),
        "b": (G,),
        "W_vocab": (H, V),
        "b_vocab": (V,),
    }


PARAMETER_NAMES: tuple[str, ...] = tuple(parameter_shapes("rnn", 1, 1, 1, 1))
