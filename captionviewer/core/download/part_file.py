"""What has come of an archive: a `.part` file, and a journal that says which of its bytes are there.

The bytes are on the disk before the journal says so, and the journal is written beside and renamed:
killed at any instant, the journal is true, and a part file without a journal counts as nothing.
"""

import json
import os
import time
from pathlib import Path

from captionviewer.core.atomic_file import write_atomically
from captionviewer.core.download.byte_ranges import ByteRanges
from captionviewer.core.download.disk import disk_problems_named

PART_NAME = "archive.part"
JOURNAL_NAME = "archive.json"
_LARGEST_JOURNAL = 1 << 20
_SAVE_EVERY_BYTES = 16_000_000
_SAVE_EVERY_S = 2.0


class PartFile:
    """The part file of one address in a folder that exists.

    Attributes
    ----------
    address : str
        What is downloaded.
    total : int or None
        Length of the whole archive, once the server has said it or the end has come.
    mark : str or None
        The server's ETag or Last-Modified: another one is another file.
    have : ByteRanges
        The bytes that are there.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self.path = folder / PART_NAME
        self._journal = folder / JOURNAL_NAME
        self.total: int | None = None
        self.mark: str | None = None
        self.have = ByteRanges()
        self._unsaved = 0
        self._saved_at = time.monotonic()
        with disk_problems_named(self.path):
            self.found_other = self._take_up()
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)

    def _take_up(self) -> str | None:
        """Take up what is there; return the address of another download that is in the way, if one is."""
        journal = read_journal(self._journal.parent)
        if journal is None or journal.address != self.address:
            self._remove()
            return journal.address if journal is not None and journal.have else None
        self.total, self.mark, self.have = journal.total, journal.mark, journal.have
        return None

    def _remove(self) -> None:
        self._journal.unlink(missing_ok=True)  # first: a journal never speaks of bytes that are not there
        self.path.unlink(missing_ok=True)

    @property
    def is_whole(self) -> bool:
        """Whether every byte is there."""
        return self.total is not None and self.have.covers(0, self.total)

    def settle(self, total: int | None, mark: str | None) -> None:
        """Take the server's word for the length and the mark; what lies beyond the length is not there."""
        self.total, self.mark = total, mark
        if total is not None:
            if self.have.end > total:
                self.have = self.have.clipped(total)
                self.save()  # first: made longer again, the file would hold zeros where bytes were promised
            with disk_problems_named(self.path):
                os.ftruncate(self._handle, total)

    def write(self, start: int, data: bytes) -> None:
        """Put bytes where they belong.

        Raises
        ------
        DownloadError
            DISK_FULL, or FOLDER.
        """
        with disk_problems_named(self.path):
            os.lseek(self._handle, start, os.SEEK_SET)
            view = memoryview(data)
            while view:
                view = view[os.write(self._handle, view) :]
        self.have.add(start, start + len(data))
        self._unsaved += len(data)
        if self._unsaved >= _SAVE_EVERY_BYTES or time.monotonic() - self._saved_at > _SAVE_EVERY_S:
            self.save()

    def save(self) -> None:
        """Have all that came on the disk, then the journal, which promises no byte past the file's end."""
        with disk_problems_named(self.path):
            length = os.fstat(self._handle).st_size
        if self.have.end > length:  # another program cut it
            self.have = self.have.clipped(length)
        content = json.dumps(
            {"address": self.address, "total": self.total, "mark": self.mark, "have": list(self.have)}
        )
        with disk_problems_named(self._journal):
            os.fsync(self._handle)
            write_atomically(self._journal, content.encode(), durable=True)
        self._unsaved = 0
        self._saved_at = time.monotonic()

    def forget(self, start: int, end: int) -> None:
        """Count a span as not there, so that it is fetched again."""
        self.have = self.have.without(ByteRanges([(start, end)]))
        self.save()

    def start_over(self) -> None:
        """Forget all that came."""
        with disk_problems_named(self.path):
            self._journal.unlink(missing_ok=True)
            os.ftruncate(self._handle, 0)
        self.total, self.mark, self.have = None, None, ByteRanges()
        self._unsaved = 0

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


class Journal:
    """What a journal says, after it was found to be possible."""

    def __init__(self, address: str, total: int | None, mark: str | None, have: ByteRanges) -> None:
        self.address = address
        self.total = total
        self.mark = mark
        self.have = have


def read_journal(folder: Path) -> Journal | None:
    """Return what the journal of a working folder says; None when there is none to believe."""
    try:
        with (folder / JOURNAL_NAME).open("rb") as file:
            content: object = json.loads(file.read(_LARGEST_JOURNAL))
        length = (folder / PART_NAME).stat().st_size
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    address, total, mark = content.get("address"), content.get("total"), content.get("mark")
    spans = content.get("have")
    if not isinstance(address, str) or not (mark is None or isinstance(mark, str)):
        return None
    if not (total is None or (type(total) is int and total >= 0)) or not isinstance(spans, list):
        return None
    have = ByteRanges()
    for span in spans:
        if not isinstance(span, list) or len(span) != 2 or any(type(end) is not int for end in span):
            return None
        if not 0 <= span[0] <= span[1] <= length:
            return None  # the part file is shorter than what was said of it
        have.add(span[0], span[1])
    if total is not None and have.end > total:
        return None
    return Journal(address, total, mark, have)
