"""One request for a span of a file: its answer understood, its failure told as one of the download."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from captionviewer.core.amounts import format_duration
from captionviewer.core.download.problem import DownloadError, DownloadProblem, TransientError
from captionviewer.core.errors import CaptionviewerError
from captionviewer.core.web import failures
from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.request import Response, check_address, get
from captionviewer.core.web.untrusted_text import quoted

_HEADERS = {
    "User-Agent": "captionviewer (gets the COCO data)",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_WEB_PAGE = ("text/html", "application/xhtml+xml")


class NoSuchRange(CaptionviewerError):
    """The server says that the file does not reach that far, or answers a range with nonsense."""


@dataclass(frozen=True)
class Answer:
    """What the server is about to send.

    Attributes
    ----------
    start, end : int
        The span; end is exclusive, and None when the server does not say where the body ends.
    total : int or None
        Length of the whole file.
    mark : str or None
        ETag, else Last-Modified, else nothing: what tells one version of the file from another.
    partial : bool
        False when the server sends the whole file, asked for a span or not.
    is_page : bool
        Whether the server calls it a web page.
    """

    start: int
    end: int | None
    total: int | None
    mark: str | None
    partial: bool
    is_page: bool = False


class Reply:
    """An answer with its body."""

    def __init__(self, answer: Answer, response: Response) -> None:
        self.answer = answer
        self._response = response

    def blocks(self, size: int, deadline: Deadline) -> Iterator[bytes]:
        """Give the body block by block; each has the deadline's time.

        Raises
        ------
        TransientError
            BROKEN_OFF, or TOO_SLOW when a block does not come within its time.
        """
        came = 0
        try:
            for block in self._response.blocks(size):
                deadline.renew()
                came += len(block)
                yield block
        except failures.DeadlineExceeded:
            why = f"fewer than {size:,} bytes came in {deadline.seconds:g} s"
            raise TransientError(DownloadProblem.TOO_SLOW, why) from None
        except failures.ConnectionBroken as error:
            why = f"the connection broke off after {came:,} bytes"
            raise TransientError(DownloadProblem.BROKEN_OFF, why) from error


@contextlib.contextmanager
def ask(address: str, span: tuple[int, int] | None, mark: str | None, deadline: Deadline) -> Iterator[Reply]:
    """Ask for a span of a file (None: for the whole), if it is still the file of `mark`.

    Raises
    ------
    DownloadError
        GONE or REFUSED, or UNREACHABLE through the proxy that is set: no further try helps.
    TransientError
        UNREACHABLE, BUSY, BROKEN_OFF or TOO_SLOW.
    NoSuchRange
        The span can't be had.
    """
    headers = dict(_HEADERS)
    if span is not None:
        headers["Range"] = f"bytes={span[0]}-{span[1] - 1}"
        # A weak ETag promises no equal bytes, and HTTP forbids it here.
        if mark is not None and not mark.startswith("W/"):
            headers["If-Range"] = mark
    try:
        with get(address, headers, deadline, answered=lambda _: deadline.renew()) as response:
            yield Reply(_understood(response, span), response)
    except failures.RequestError as error:
        raise _told(error, address, deadline) from error


def require_web_address(address: str) -> None:
    """Raise DownloadError (REFUSED) unless this is a whole http or https address."""
    try:
        check_address(address)
    except failures.InvalidAddress as error:
        raise _invalid(address, str(error)) from error


def _told(error: failures.RequestError, asked: str, deadline: Deadline) -> CaptionviewerError:
    """Return what a failed request means for a download."""
    why = str(error)
    if isinstance(error, failures.Unreachable):
        return TransientError(DownloadProblem.UNREACHABLE, why)
    if isinstance(error, failures.ConnectionBroken):
        return TransientError(DownloadProblem.BROKEN_OFF, why)
    if isinstance(error, failures.DeadlineExceeded):
        why = f"the server did not answer within {deadline.seconds:g} s"
        return TransientError(DownloadProblem.TOO_SLOW, why)
    address = error.address or asked
    if isinstance(error, failures.ProxyError | failures.NetworkSettingsError):
        message = (
            f"{quoted(address)} can't be downloaded: {why}. Set it right, or do without, and start again."
        )
        return DownloadError(DownloadProblem.UNREACHABLE, message)
    if isinstance(error, failures.InvalidAddress):
        return _invalid(address, why)
    return _refused(address, why)


def _understood(response: Response, span: tuple[int, int] | None) -> Answer:
    status, headers, address = response.status, response.headers, response.address
    said = f"the server says {response.said}"
    if status in (404, 410):
        raise DownloadError(
            DownloadProblem.GONE,
            f"{quoted(address)} is not there: {said}. It may come back; another address can be given.",
        )
    if status in (408, 429) or status >= 500:
        wait = response.retry_after
        asks = f" and asks for {format_duration(wait)}" if wait is not None else ""
        raise TransientError(DownloadProblem.BUSY, said + asks, wait)
    if status == 416 and span is not None:
        raise NoSuchRange
    if status not in (200, 206):
        raise _refused(address, said)
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise _refused(address, "it is sent in a compressed form that can't be resumed")
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    mark = headers.get("ETag") or headers.get("Last-Modified")
    if status == 200:
        length = response.length
        return Answer(0, length, length, mark, partial=False, is_page=kind in _WEB_PAGE)
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if span is None or found is None:
        raise NoSuchRange
    start, last, total = (int(number) for number in found.groups())
    if start != span[0] or not start <= last < total:
        raise NoSuchRange
    return Answer(start, min(last + 1, span[1]), total, mark, partial=True)


def not_an_archive(address: str, why: str) -> DownloadError:
    """Return the error for something else than a zip archive behind an address."""
    return DownloadError(
        DownloadProblem.NOT_AN_ARCHIVE,
        f"{quoted(address)} is no zip archive: {why}. Look at it in a browser, or give another address.",
    )


def _refused(address: str, why: str) -> DownloadError:
    message = f"{quoted(address)} can't be downloaded: {why}. Try later, or give another address."
    return DownloadError(DownloadProblem.REFUSED, message)


def _invalid(address: str, why: str) -> DownloadError:
    message = f"{quoted(address) or 'Nothing'} is not downloaded: {why}."
    return DownloadError(DownloadProblem.REFUSED, message)
