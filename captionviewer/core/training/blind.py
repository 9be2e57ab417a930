"""Training without photos: the fair control for what a photo is worth.

A blind network has a projection of zeros and is trained on features of zero, so that the projection gets no
gradient and stays as it is: its first state is `b_proj` whatever photo it is given, then and ever after.
"""

import numpy as np

from captionviewer.core.arrays import FloatArray
from captionviewer.core.coco.minibatch import NotebookData
from captionviewer.core.network.captioning_rnn import CaptioningRNN


def blindfold(model: CaptioningRNN) -> None:
    """Let a model see no photo from now on, in place."""
    model.params["W_proj"][...] = 0


def without_photos(data: NotebookData) -> dict[str, object]:
    """The same data with train features of zero in place of the photos', which are not read."""
    features = data["train_features"]
    one: FloatArray = np.zeros((1, features.shape[1]), features.dtype)
    return {**data, "train_features": np.broadcast_to(one, features.shape)}
