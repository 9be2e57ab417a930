"""Small models for the tests of decoding."""

from typing import Any

import numpy as np

from captionviewer.core.network.captioning_rnn import CaptioningRNN
from tests.core.network.caption_cases import small_model

CELLS = ["rnn", "lstm"]


def lively_model(cell_type: Any, dtype: Any = np.float64, seed: int = 0, V: int = 12) -> CaptioningRNN:
    """A model whose captions differ from image to image and end at different lengths."""
    model = small_model(V, cell_type, dtype, seed)
    rng = np.random.default_rng(seed)
    for name in ("W_embed", "W_vocab", "W_proj", "b_vocab", "b"):
        model.params[name] = rng.standard_normal(model.params[name].shape).astype(dtype) * 1.5
    return model
