"""Work on many rows in blocks, two at a time: a corpus pass uses the second core as a training step does."""

from collections.abc import Callable
from functools import partial

from captionviewer.core.network.library_threads import one_library_thread
from captionviewer.core.network.two_threads import Pieces


def in_blocks(
    count: int,
    size: int,
    work: Callable[[slice], object],
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[float], object] = lambda share: None,
) -> bool:
    """Do `work` for rows 0 to `count`, not included, `size` of them at a time.

    Parameters
    ----------
    count, size
        how many rows there are, and how many make a block.
    work
        called with each block's rows, in two threads where there are two cores; it must write where no
        other block does.
    stop, progress
        asked before each block, and told the share that is done (in this thread alone).

    Returns
    -------
    False where it was stopped. What `work` raises ends it.
    """
    stopped = False
    done = 0

    def one(first: int) -> None:
        nonlocal stopped, done
        stopped = stopped or stop()
        if stopped:
            return
        work(slice(first, min(first + size, count)))
        done += 1
        if pieces.is_mine and done * size < count:
            progress(done * size / count)

    with one_library_thread() as others, Pieces(helped=others and count > size) as pieces:
        for first in range(0, count, size):
            pieces.add(partial(one, first))
        pieces.finish()
    if not stopped:
        progress(1.0)
    return not stopped
