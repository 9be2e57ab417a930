"""A word that occurs many times in a minibatch is worked on once."""

import numpy as np

from captionviewer.core.arrays import FloatArray, IntArray
from captionviewer.core.network.workspace import Workspace


class UniqueWords:
    """The U different words among R positions.

    Attributes
    ----------
    ids
        (U,) the words, rising.
    inverse
        (R,) where in `ids` the word of each position is, as `np.unique` gives it.
    """

    def __init__(self, words: IntArray) -> None:
        self._order = np.argsort(words, kind="stable")  # (R,) positions, those of a word together
        in_order = words[self._order]
        starts = np.flatnonzero(np.concatenate([[True], in_order[1:] != in_order[:-1]]))
        self._bounds = [*starts.tolist(), len(words)]
        self.ids = in_order[starts]
        self.inverse = np.searchsorted(self.ids, words)

    def add_up(self, rows: FloatArray, workspace: Workspace) -> FloatArray:
        """Of rows (R, G), the sum over each word's positions: (U, G)."""
        sums = workspace.array("sums", (len(self.ids), rows.shape[1]), rows.dtype)
        # np.add.reduceat would do this in one call, at four times the time: it does not vectorise here.
        for sum_of_word, start, end in zip(sums, self._bounds[:-1], self._bounds[1:], strict=True):
            if end - start == 1:
                sum_of_word[:] = rows[self._order[start]]
            else:
                np.add.reduce(rows[self._order[start:end]], axis=0, out=sum_of_word)
        return sums
