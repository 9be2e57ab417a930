"""One at a time, across programs: a file that is held, which the system lets go when its holder ends."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import filelock

# One that ends just now takes the file away with it: within a moment another can be made.
_WITHIN_S = 0.2
# What file systems say that have no locks, as some network drives.
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)


def hold(
    path: Path, otherwise: Exception, *, required: bool = False, within_s: float = _WITHIN_S
) -> "filelock.FileLock":
    """Hold the file `path`, made where it is missing, until the lock is released, from whatever thread.

    Parameters
    ----------
    path
        the file.
    otherwise
        raised where somebody else holds it.
    required
        whether a file system without locks will not do; else nothing is held there.
    within_s
        how long somebody else is waited for, in seconds.

    Raises
    ------
    Exception
        `otherwise`.
    OSError
        The file can't be made, or can't be held where that is required.
    """
    import filelock  # takes a while: only when needed

    lock = filelock.FileLock(path, timeout=within_s, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise otherwise from None
    except NotImplementedError as error:  # filelock's word for a file system without locks
        if required:
            raise OSError(errno.ENOLCK, "This disk can't hold a file for one program", str(path)) from error
    except OSError as error:
        if required or error.errno not in _WITHOUT_LOCKS:
            raise
    return lock


@contextlib.contextmanager
def held_alone(
    path: Path, otherwise: Exception, *, required: bool = False, within_s: float = _WITHIN_S
) -> Iterator[None]:
    """Hold the file within a block; see `hold`."""
    lock = hold(path, otherwise, required=required, within_s=within_s)
    try:
        yield
    finally:
        lock.release()
