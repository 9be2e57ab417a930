"""First values of a network that may be chosen: the scale of Wh, and an LSTM's forget bias."""

import numpy as np

from captionviewer.core.network.captioning_rnn import CaptioningRNN
from captionviewer.core.network.cells import CELLS


def change_first_values(model: CaptioningRNN, wh_scale: float = 1.0, forget_bias: float = 0.0) -> None:
    """Multiply a model's Wh by one number and raise an LSTM's forget bias by another, in place.

    1 and 0 leave every bit as it is; a cell without a forget gate passes the second over.
    """
    if wh_scale != 1.0:
        model.params["Wh"] *= np.asarray(wh_scale, model.params["Wh"].dtype)
    forget = CELLS[model.cell_type].gate_columns("f", model.hidden_dim)
    if forget is not None and forget_bias != 0.0:
        model.params["b"][forget] += np.asarray(forget_bias, model.params["b"].dtype)
