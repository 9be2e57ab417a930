"""Greedy captions of many photos: at each timestep the likeliest of the words that may be said.

Two more loops choose the likeliest word: `network/inference.py` has that of `CaptioningRNN.sample`, which
forbids nothing and stands below this room; `timestep.py` keeps every timestep of one photo. Tests hold them
to the same words.
"""

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.decoding.captions import write_captions
from captionviewer.core.decoding.decoding import Decoding
from captionviewer.core.network.captioning_rnn import CaptioningRNN

_GREEDY = Decoding()


def greedy(model: CaptioningRNN, features: FloatArray, decoding: Decoding = _GREEDY) -> IntArray:
    """Caption photos (N, D) greedily, with what `decoding` forbids: (N, max_length), as `write_captions`.

    With nothing forbidden these are the ids of `CaptioningRNN.sample`. Errors as `write_captions`.
    """

    def choose(logits: FloatArray, rows: IntArray, t: int) -> IntArray:
        words: IntArray = np.argmax(logits, axis=1)
        return words

    return write_captions(model, features, decoding, choose)
