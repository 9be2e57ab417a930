"""One at a time, across programs: a file that is held, which the system lets go when its holder ends."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

_WITHIN_S = 0.2
# What file systems say that have no locks, as some network drives.
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)


@contextlib.contextmanager
def held_alone(path: Path, otherwise: Exception) -> Iterator[None]:
    """Hold the file `path`, made where it is missing; on a file system without locks nothing is held.

    Raises
    ------
    Exception
        `otherwise`, where somebody else holds it.
    OSError
        The file can't be made.
    """
    import filelock  # takes a while: only when needed

    # One that ends just now takes the file away with it: within a moment another can be made.
    lock = filelock.FileLock(path, timeout=_WITHIN_S)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise otherwise from None
    except NotImplementedError:  # filelock's word for a file system without locks
        pass
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
    try:
        yield
    finally:
        lock.release()
