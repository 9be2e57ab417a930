"""The log: a file that grows to 1 MB and no further, and its last lines in a form that may be handed on.

What is logged names folders, files and words; that is the user's business and stays on the user's disk. The
lines kept for a report hold the sentences that stand in our code, with the numbers put into them and nothing
else: no path, no caption, no address.
"""

import logging
import logging.handlers
import re
from collections import deque
from pathlib import Path

from captionviewer.core.user_folders import log_folder

FILE_NAME = "captionviewer.log"
LOGGER = "captionviewer"  # each module logs under its own name, which begins with this
LEVELS = ("debug", "info", "warning", "error")
LARGEST_BYTES = 1_000_000  # of the file and the one before it together
KEPT_LINES = 60
PUBLIC = "public_words"  # an attribute of a record: what a report says in place of its message

_PATH = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?[\\/](?:[^\s'\"<>|:,;()]+)")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’|`[^`]*`")


class LogFile:
    """Writes what captionviewer logs from `open` to `close`."""

    def __init__(self, level: str = "info") -> None:
        self.path = log_place()
        self.trouble = ""  # why there is no file, for people
        self._level = level.upper()
        self._lines = _PublicLines()
        self._file: logging.Handler | None = None
        self._level_before = logging.NOTSET

    def open(self) -> None:
        """Begin; where the file can't be written the last lines are still kept."""
        logger = logging.getLogger(LOGGER)
        self._level_before = logger.level
        logger.setLevel(self._level)
        logger.addHandler(self._lines)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _QuietFile(
                self.path,
                maxBytes=LARGEST_BYTES // 2,
                backupCount=1,
                encoding="utf-8",
                errors="backslashreplace",
            )
        except OSError as error:
            self.trouble = f"The log can't be written to {self.path}: {error.strerror or error}."
            return
        self._file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logger.addHandler(self._file)

    def close(self) -> None:
        """Log no more."""
        logger = logging.getLogger(LOGGER)
        logger.setLevel(self._level_before)
        logger.removeHandler(self._lines)
        if self._file is not None:
            logger.removeHandler(self._file)
            self._file.close()
            self._file = None

    def public_lines(self) -> list[str]:
        """Return the last lines, oldest first, as they may be shown to anybody."""
        return list(self._lines.kept)


def log_place() -> Path:
    """Return where the log is."""
    return log_folder() / FILE_NAME


def end_of_log(most_bytes: int) -> str:
    """Return the end of the log file, from the beginning of a line; "" where there is none."""
    try:
        with log_place().open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most_bytes))
            content = file.read(most_bytes)
    except OSError:
        return ""
    words = content.decode("utf-8", "replace")
    return words if size <= most_bytes else words.partition("\n")[2]


def without_private_words(words: str) -> str:
    """Return words of a stranger (Qt's, an exception's) without what is quoted in them, and without paths."""
    return _PATH.sub("<path>", _QUOTED.sub("'…'", words))


class _QuietFile(logging.handlers.RotatingFileHandler):
    """A full disk must not make every line of the log a traceback on the terminal."""

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class _PublicLines(logging.Handler):
    """Keeps the last lines, each without what was put into it from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: deque[str] = deque(maxlen=KEPT_LINES)
        self._when = logging.Formatter("%(asctime)s %(levelname)s %(name)s: ")

    def emit(self, record: logging.LogRecord) -> None:
        start = logging.Formatter.formatTime(self._when, record)
        self.kept.append(f"{start} {record.levelname} {record.name}: {_public_words(record)}")


def _public_words(record: logging.LogRecord) -> str:
    words: object = getattr(record, PUBLIC, None)
    if isinstance(words, str):
        return words
    if not isinstance(record.args, tuple):
        return str(record.msg)
    known = tuple(each if isinstance(each, int | float) else _Unsaid() for each in record.args)
    try:
        return str(record.msg) % known
    except (TypeError, ValueError):
        return str(record.msg)


class _Unsaid:
    """Stands in a report for what came from outside."""

    def __str__(self) -> str:
        return "…"

    __repr__ = __str__
