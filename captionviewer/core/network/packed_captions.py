"""A minibatch of captions without its padding: longest first, timestep by timestep.

A network that runs over a padded minibatch spends a third of its work on `<NULL>`s that nobody counts.
Here each caption is run only up to its last target, and the captions are put in order, longest first, so
that those still running at timestep t are simply the first counts[t] of them: the minibatch shrinks as
captions end (what PyTorch calls a packed sequence). A `<NULL>` before the last target is an input like
any other word; it is only not predicted.
"""

from dataclasses import dataclass

import numpy as np

from captionviewer.core.arrays import IntArray


@dataclass(frozen=True)
class PackedCaptions:
    """The positions of a minibatch that matter, R of them, time-major; P of them have a target.

    Attributes
    ----------
    rows
        (N',) which captions have anything to predict, longest first.
    counts
        (T',) how many captions are still running at each timestep: the first counts[t] of `rows`.
    words
        (R,) the input word at each position; the first counts[0] positions are timestep 0, and so on.
    targets
        (P,) the word to predict, at the positions that have one.
    predicted
        (P,) which positions those are; None where it is all of them, as for captions without holes.
    """

    rows: IntArray
    counts: list[int]
    words: IntArray
    targets: IntArray
    predicted: IntArray | None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """(first position, one past the last) of each timestep."""
        ends = np.cumsum(self.counts).tolist()
        return [(end - count, end) for count, end in zip(self.counts, ends, strict=True)]


def pack(captions: IntArray, null: int) -> PackedCaptions:
    """Leave out every position after a caption's last target.

    Parameters
    ----------
    captions
        (N, T) word ids; the inputs are captions[:, :-1] and the targets captions[:, 1:].
    null
        id of `<NULL>`, which is never a target.
    """
    N, T = captions.shape[0], captions.shape[1] - 1
    has_target = captions[:, 1:] != null  # (N, T)
    lengths = np.where(has_target, np.arange(1, T + 1), 0).max(
        axis=1, initial=0
    )  # (N,) up to the last target
    rows = np.argsort(-lengths, kind="stable")[: N - int(np.count_nonzero(lengths == 0))]
    running = np.arange(lengths.max(initial=0))[:, np.newaxis] < lengths[rows]  # (T', N')
    longest = running.shape[0]
    in_time = captions[rows].T  # (T + 1, N')
    targets = in_time[1 : longest + 1][running]  # (R,)
    predicted = np.flatnonzero(targets != null)
    return PackedCaptions(
        rows=rows,
        counts=running.sum(axis=1).tolist(),
        words=in_time[:longest][running],
        targets=targets[predicted],
        predicted=None if len(predicted) == len(targets) else predicted,
    )
