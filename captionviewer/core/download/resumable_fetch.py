"""Brings wanted bytes of a file into its part file, however often the connection breaks."""

import time
from collections.abc import Callable

from captionviewer.core.amounts import format_bytes, format_duration
from captionviewer.core.download.byte_ranges import ByteRanges
from captionviewer.core.download.disk import require_room
from captionviewer.core.download.download_progress import Phase, ProgressBoard
from captionviewer.core.download.http_request import NoSuchRange, Reply, ask, not_an_archive
from captionviewer.core.download.part_file import PartFile
from captionviewer.core.download.problem import DownloadError, DownloadProblem, TransientError
from captionviewer.core.download.retry_policy import RetryPolicy
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.failures import RequestCancelled

LARGEST_ARCHIVE = 16_000_000_000
_ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
_LOOK_S = 0.05


class FileChanged(CaptionviewerError):
    """The file is another one now: what has come of it is of no use, and has been let go of."""


class Fetcher:
    """Fetches spans of one address.

    Parameters
    ----------
    part
        Where the bytes go; its address is asked.
    board
        Where progress is shown.
    retry_policy
        How patient to be.
    stop, paused
        Asked often, from this thread.
    room_besides
        Bytes on the disk that will be needed besides the archive, where that is known beforehand.
    """

    def __init__(
        self,
        part: PartFile,
        board: ProgressBoard,
        retry_policy: RetryPolicy,
        stop: Callable[[], bool],
        paused: Callable[[], bool],
        room_besides: int = 0,
    ) -> None:
        self._part = part
        self._board = board
        self._retry_policy = retry_policy
        self._stop = stop
        self._paused = paused
        self._room_besides = room_besides
        self._failures = 0
        self._furthest = part.have.size
        self._ranges = True  # until the server shows otherwise

    def fetch(self, wanted: ByteRanges, phase: Phase, words: str = "") -> None:
        """Bring all of `wanted`; from a server without ranges, the whole file.

        Raises
        ------
        DownloadError
            With what has come kept.
        FileChanged
            Plan anew: another file is there now.
        RequestCancelled
            `stop` said so.
        """
        self._board.enter(phase, words=words)
        self._failures = 0
        while gap := self._gap(wanted):
            try:
                self._fetch_gap(gap, wanted)
            except TransientError as error:
                self._wait(error)
            except NoSuchRange:
                if self._part.have:
                    self._changed()
                if not self._ranges:  # asked for the whole, it sends a part of nobody knows what
                    raise DownloadError(
                        DownloadProblem.REFUSED,
                        f"{self._part.address} can't be downloaded: the server answers with nonsense.",
                    ) from None
                self._ranges = False
            finally:
                self._part.save()

    def _gap(self, wanted: ByteRanges) -> tuple[int, int] | None:
        part = self._part
        if part.is_whole:
            return None
        if not self._ranges:
            return (0, part.total or 0)
        missing = (wanted if part.total is None else wanted.clipped(part.total)).without(part.have)
        return next(iter(missing), None)

    def _fetch_gap(self, gap: tuple[int, int], wanted: ByteRanges) -> None:
        deadline = Deadline(self._retry_policy.block_within_s, self._stop)
        span = gap if self._ranges else None
        with ask(self._part.address, span, self._part.mark, deadline) as reply:
            wanted = self._settle(reply, wanted)
            self._take(reply, wanted, deadline)

    def _settle(self, reply: Reply, wanted: ByteRanges) -> ByteRanges:
        """Compare with what is known of the file; return what will come."""
        part, answer = self._part, reply.answer
        if part.have and answer.is_page:
            raise DownloadError(
                DownloadProblem.REFUSED,
                f"Instead of {part.address} a web page came: does the network here ask for a login? What has "
                "come of the archive is kept.",
            )
        if part.have:
            other_length = None not in (answer.total, part.total) and answer.total != part.total
            if other_length or answer.mark != part.mark:
                self._changed()
        if not answer.partial:
            if part.have.size > self._retry_policy.block:
                self._board.notice(
                    "The server can't go on in the middle of the file: it starts again from the beginning."
                )
            self._ranges = False
            part.start_over()
        if answer.total is not None and answer.total > LARGEST_ARCHIVE:
            raise DownloadError(
                DownloadProblem.TOO_LARGE,
                f"{part.address} is {format_bytes(answer.total)} long; archives of COCO data have at most "
                f"{format_bytes(LARGEST_ARCHIVE)}. It is not downloaded.",
            )
        part.settle(answer.total, answer.mark)
        if not answer.partial:
            wanted = ByteRanges([(0, answer.total or 0)])
        elif answer.total is not None:
            wanted = wanted.clipped(answer.total)
        besides = 0 if answer.partial else self._room_besides  # of parts, the list of entries tells better
        require_room(part.path.parent, wanted.without(part.have).size + besides)
        return wanted

    def _take(self, reply: Reply, wanted: ByteRanges, deadline: Deadline) -> None:
        part, answer = self._part, reply.answer
        total = wanted.size or None
        if not answer.partial:
            self._board.enter(Phase.FETCHING, 0, total)
        else:
            now = self._board.shown
            self._board.enter(now.phase, wanted.size - wanted.without(part.have).size, total, now.words)
        at = answer.start
        checked_at = at
        for block in reply.blocks(self._retry_policy.block, deadline):
            if at == 0:
                _require_zip(block, part.address, answer.is_page)
            if answer.end is not None:
                block = block[: answer.end - at]
            elif at + len(block) > LARGEST_ARCHIVE:
                raise DownloadError(
                    DownloadProblem.TOO_LARGE,
                    f"{part.address} does not end after {format_bytes(at)}. It is not downloaded further.",
                )
            part.write(at, block)
            at += len(block)
            self._note_gain()
            self._board.advance(wanted.size - wanted.without(part.have).size if total else at)
            if answer.end is None and at - checked_at > 32_000_000:  # of unknown length: look as it grows
                require_room(part.path.parent, 0)
                checked_at = at
            if self._stop():
                raise RequestCancelled
            self._rest_while_paused(deadline)
            if answer.end is not None and at >= answer.end:
                return
        if answer.end is None:
            if at == 0:
                raise not_an_archive(part.address, "it is empty")
            part.settle(at, part.mark)  # the server never said the length: the end is where it ended
            return
        if at == answer.end == 0:
            raise not_an_archive(part.address, "it is empty")
        why = f"the server ended after {at - answer.start:,} of {answer.end - answer.start:,} bytes"
        raise TransientError(DownloadProblem.BROKEN_OFF, why)

    def _changed(self) -> None:
        self._part.start_over()
        self._furthest = 0
        raise FileChanged

    def _note_gain(self) -> None:
        size = self._part.have.size
        if size >= self._furthest + self._retry_policy.least_gain or self._part.is_whole:
            self._furthest = size
            self._failures = 0

    def _rest_while_paused(self, deadline: Deadline) -> None:
        rest_while(self._paused, self._stop, self._board)
        deadline.renew()

    def _wait(self, error: TransientError) -> None:
        """Wait before the next try, or give up."""
        self._failures += 1
        tries, address = self._retry_policy.tries, self._part.address
        kept = self._part.have.size
        if self._failures >= tries:
            stays = f" The {format_bytes(kept)} that came are kept." if kept else ""
            raise DownloadError(
                error.problem,
                f"{address} could not be downloaded: {error}, {tries} times in a row.{stays} "
                "Try again later.",
            )
        seconds = self._retry_policy.wait_s(self._failures) if error.wait is None else error.wait
        if seconds > self._retry_policy.longest_retry_after_s:
            raise DownloadError(
                error.problem,
                f"{address} is busy: {error}. Start the download again then; what has come is kept.",
            )
        end = time.monotonic() + seconds
        why = str(error)[:1].upper() + str(error)[1:]
        before = self._board.shown
        while (left := end - time.monotonic()) > 0:
            self._board.rest(
                Phase.WAITING,
                f"{why}. Trying again in {format_duration(left)} (try {self._failures + 1} of {tries}).",
            )
            if self._stop():
                raise RequestCancelled
            time.sleep(min(left, _LOOK_S))
        self._board.go_on(before)


def rest_while(paused: Callable[[], bool], stop: Callable[[], bool], board: ProgressBoard) -> None:
    """Block while the user wants a pause; RequestCancelled when `stop` says so."""
    if not paused():
        return
    before = board.rest(Phase.PAUSED)
    while paused():
        if stop():
            raise RequestCancelled
        time.sleep(_LOOK_S)
    board.go_on(before)


def _require_zip(first: bytes, address: str, is_page: bool) -> None:
    if first.startswith(_ZIP_BEGINS):
        return
    start = first[:512].lstrip().lower()
    if is_page or start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise not_an_archive(address, "it is a web page")
    if first.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")):
        raise not_an_archive(address, "it is an archive of another kind, and only zip archives are opened")
    raise not_an_archive(address, "it does not begin as one")
