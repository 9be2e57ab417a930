"""The names that CS231n's captioning notebooks use; see `captionviewer.core.<module>` for all else.

A name is imported when it is first asked for: a program that needs one module does not wait for the rest.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from captionviewer.core.coco.minibatch import sample_coco_minibatch
    from captionviewer.core.coco.vocabulary import decode_captions
    from captionviewer.core.network.captioning_rnn import CaptioningRNN
    from captionviewer.core.network.captioning_solver import CaptioningSolver
    from captionviewer.core.network.gradient_check import (
        eval_numerical_gradient,
        eval_numerical_gradient_array,
        rel_error,
    )
    from captionviewer.core.network.layers import (
        affine_backward,
        affine_forward,
        lstm_backward,
        lstm_forward,
        lstm_step_backward,
        lstm_step_forward,
        rnn_backward,
        rnn_forward,
        rnn_step_backward,
        rnn_step_forward,
        sigmoid,
        temporal_affine_backward,
        temporal_affine_forward,
        temporal_softmax_loss,
        word_embedding_backward,
        word_embedding_forward,
    )
    from captionviewer.core.network.optim import adam, rmsprop, sgd, sgd_momentum
    from captionviewer.core.notebook.data import load_coco_data
    from captionviewer.core.notebook.photos import image_from_url
    from captionviewer.core.photos.problem import PhotoUnavailable

__all__ = [
    "CaptioningRNN",
    "CaptioningSolver",
    "PhotoUnavailable",
    "adam",
    "affine_backward",
    "affine_forward",
    "decode_captions",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "image_from_url",
    "load_coco_data",
    "lstm_backward",
    "lstm_forward",
    "lstm_step_backward",
    "lstm_step_forward",
    "rel_error",
    "rmsprop",
    "rnn_backward",
    "rnn_forward",
    "rnn_step_backward",
    "rnn_step_forward",
    "sample_coco_minibatch",
    "sgd",
    "sgd_momentum",
    "sigmoid",
    "temporal_affine_backward",
    "temporal_affine_forward",
    "temporal_softmax_loss",
    "word_embedding_backward",
    "word_embedding_forward",
]

_PLACES = {
    "coco.minibatch": ("sample_coco_minibatch",),
    "coco.vocabulary": ("decode_captions",),
    "network.captioning_rnn": ("CaptioningRNN",),
    "network.captioning_solver": ("CaptioningSolver",),
    "network.gradient_check": (
        "eval_numerical_gradient",
        "eval_numerical_gradient_array",
        "rel_error",
    ),
    "network.layers": (
        "affine_backward",
        "affine_forward",
        "lstm_backward",
        "lstm_forward",
        "lstm_step_backward",
        "lstm_step_forward",
        "rnn_backward",
        "rnn_forward",
        "rnn_step_backward",
        "rnn_step_forward",
        "sigmoid",
        "temporal_affine_backward",
        "temporal_affine_forward",
        "temporal_softmax_loss",
        "word_embedding_backward",
        "word_embedding_forward",
    ),
    "network.optim": (
        "adam",
        "rmsprop",
        "sgd",
        "sgd_momentum",
    ),
    "notebook.data": ("load_coco_data",),
    "notebook.photos": ("image_from_url",),
    "photos.problem": ("PhotoUnavailable",),
}
_MODULE_OF = {name: f"{__name__}.{module}" for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import the module that has `name`, one of `__all__`.  AttributeError for any other name."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
