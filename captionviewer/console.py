"""The one place that tells people at a terminal something, whatever became of the streams.

An encoding may lack a letter of a folder's name, the reader of a pipe may have gone, a stream may be closed
from the start, and a message may hold words of strangers: none of it may end in a traceback, or in work
that goes on unseen.

The standard library alone is used, in syntax that Python 3.7 still reads: `system_check` tells through it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys

PROGRAM = "captionviewer"


class OutputLost(Exception):
    """What is told on the standard output does not arrive any more.

    Attributes
    ----------
    why : str
        "" when the reader of a pipe has seen enough, as `| head` does; else what the system said.
    """

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


def tell(words: object) -> None:
    """Write a line, or some, to the standard output.

    Raises
    ------
    OutputLost
        Nobody will read it.
    """
    write(_printable(str(words)) + "\n")


def write(text: str) -> None:
    r"""Write text of our own to the standard output as it is, \r included.  OutputLost as for `tell`."""
    stream = sys.stdout
    if stream is None:  # closed by who started the program: nobody wants to read it
        return
    try:
        stream.write(_writable(text, stream.encoding))
        stream.flush()
    except (OSError, ValueError) as error:  # ValueError: the stream was closed meanwhile
        _let_go_of_stdout()
        # Windows says EINVAL of a pipe whose reader has gone.
        unread = isinstance(error, BrokenPipeError) or getattr(error, "errno", None) == errno.EINVAL
        why = getattr(error, "strerror", None) or str(error)
        raise OutputLost("" if unread else f"what it tells can't be written: {why}") from error


def complain(words: object) -> None:
    """Write a line, or some, to the standard error, with the program's name before it; never raises."""
    complain_as_is(f"{PROGRAM}: {_printable(str(words))}\n")


def complain_as_is(text: str) -> None:
    """Write text to the standard error as it is; never raises."""
    stream = sys.stderr
    if stream is not None:
        with contextlib.suppress(OSError, ValueError):
            stream.write(_writable(text, stream.encoding))
            stream.flush()


def on_terminal() -> bool:
    """Tell whether the standard output is a terminal, where a line can be written over."""
    with contextlib.suppress(OSError, ValueError):
        return sys.stdout is not None and sys.stdout.isatty()
    return False


def _printable(text: str) -> str:
    """Return text whose signs neither move a cursor nor turn the direction of writing."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape", "backslashreplace").decode("ascii")


def _writable(text: str, encoding: str | None) -> str:
    r"""Return text in which letters that an encoding lacks are written as \xe9 or \u4e2d."""
    name = encoding or "utf-8"
    return text.encode(name, "backslashreplace").decode(name)


def _let_go_of_stdout() -> None:
    """Let Python's own flush at the end write into nothing: it would complain."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
