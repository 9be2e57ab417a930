"""One request for a span of a file: redirects followed by hand, the answer understood, its body in blocks."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from captionviewer.core.amounts import seconds_words
from captionviewer.core.download.patience import BlockDeadline
from captionviewer.core.download.problem import DownloadError, DownloadProblem
from captionviewer.core.photos.fetch import retry_after_seconds, shown
from captionviewer.core.web.deadline import OutOfTime, Unreachable
from captionviewer.core.web.redirect_guard import LedInside

if TYPE_CHECKING:
    import requests

MAX_REDIRECTS = 5
_HEADERS = {
    "User-Agent": "captionviewer (gets the COCO data)",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_WEB_PAGE = ("text/html", "application/xhtml+xml")


class Setback(Exception):
    """A try failed, another may not; the text is a half sentence that says why.

    Attributes
    ----------
    problem : DownloadProblem
        What it is when no further try helps.
    wait : float or None
        Seconds that the server asked for.
    """

    def __init__(self, problem: DownloadProblem, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.problem = problem
        self.wait = wait


class NoSuchRange(Exception):
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

    def __init__(self, answer: Answer, response: "requests.Response", address: str) -> None:
        self.answer = answer
        self._response = response
        self._address = address

    def blocks(self, size: int, deadline: BlockDeadline) -> Iterator[bytes]:
        """Give the body block by block.

        Raises
        ------
        Setback
            BROKEN_OFF, or TOO_SLOW when a block does not come within its time.
        """
        import urllib3.exceptions

        came = 0
        while True:
            try:
                block: bytes = self._response.raw.read(size, decode_content=False)
            except OutOfTime:
                why = f"fewer than {size:,} bytes came in {deadline.seconds:g} s"
                raise Setback(DownloadProblem.TOO_SLOW, why) from None
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                why = f"the connection broke off after {came:,} bytes"
                raise Setback(DownloadProblem.BROKEN_OFF, why) from error
            if not block:
                return
            deadline.renew()
            came += len(block)
            yield block


@contextlib.contextmanager
def ask(
    address: str, span: tuple[int, int] | None, mark: str | None, deadline: BlockDeadline
) -> Iterator[Reply]:
    """Ask for a span of a file (None: for the whole), if it is still the file of `mark`.

    Raises
    ------
    DownloadError
        GONE or REFUSED: no further try helps.
    Setback
        UNREACHABLE, BUSY, BROKEN_OFF or TOO_SLOW.
    NoSuchRange
        The span can't be had.
    """
    from captionviewer.core.web.connection import open_session  # takes long: only when needed

    headers = dict(_HEADERS)
    if span is not None:
        headers["Range"] = f"bytes={span[0]}-{span[1] - 1}"
        # A weak ETag promises no equal bytes, and HTTP forbids it here.
        if mark is not None and not mark.startswith("W/"):
            headers["If-Range"] = mark
    asked = address
    with contextlib.ExitStack() as opened:
        session = opened.enter_context(open_session(deadline, headers))
        for _ in range(MAX_REDIRECTS + 1):
            check_address(address, asked)
            response = opened.enter_context(_get(session, address, deadline))
            target = response.headers.get("Location")
            if response.status_code not in (301, 302, 303, 307, 308) or target is None:
                yield Reply(_understood(response, span, address), response, address)
                return
            try:
                address = urljoin(address, target)
            except ValueError:  # no address at all
                address = target
    raise _refused(asked, f"it was redirected more than {MAX_REDIRECTS} times")


def check_address(address: str, asked: str = "") -> None:
    """Raise DownloadError (REFUSED) unless this is a whole http or https address."""
    try:
        parts = urlsplit(address)
        whole = bool(parts.hostname) and parts.port != 0 and parts.scheme in ("http", "https")
    except ValueError:
        whole = False
    if whole and address.isprintable() and " " not in address:
        return
    led = f"{shown(asked)} leads to it, and " if asked not in ("", address) else ""
    raise DownloadError(
        DownloadProblem.REFUSED,
        f"{shown(address) or 'Nothing'} is not downloaded: {led}a web address is needed, beginning with "
        "http:// or https://.",
    )


def _get(session: "requests.Session", address: str, deadline: BlockDeadline) -> "requests.Response":
    import requests
    import urllib3.exceptions

    try:
        response = session.get(address, stream=True, allow_redirects=False, timeout=deadline.left())
    except LedInside as error:
        raise _refused(address, "a public address leads into a private network") from error
    except Unreachable as error:
        raise Setback(DownloadProblem.UNREACHABLE, str(error)) from error
    except requests.exceptions.SSLError as error:
        why = "its certificate or encryption can't be trusted"
        raise _refused(address, why) from error
    except requests.exceptions.ProxyError as error:
        why = "the proxy set for this computer failed"
        raise Setback(DownloadProblem.UNREACHABLE, why) from error
    except (OutOfTime, requests.exceptions.Timeout):
        why = f"the server did not answer within {deadline.seconds:g} s"
        raise Setback(DownloadProblem.TOO_SLOW, why) from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        why = "the server broke off or answered with nonsense"
        raise Setback(DownloadProblem.BROKEN_OFF, why) from error
    deadline.renew()
    return response


def _understood(response: "requests.Response", span: tuple[int, int] | None, address: str) -> Answer:
    status = response.status_code
    said = f"the server says {status} {response.reason or ''}".strip()
    headers = response.headers
    if status in (404, 410):
        raise DownloadError(
            DownloadProblem.GONE,
            f"{shown(address)} is not there: {said}. It may come back; another address can be given.",
        )
    if status in (408, 429) or status >= 500:
        wait = retry_after_seconds(headers.get("Retry-After"))
        asks = f" and asks for {seconds_words(wait)}" if wait is not None else ""
        raise Setback(DownloadProblem.BUSY, said + asks, wait)
    if status == 416 and span is not None:
        raise NoSuchRange
    if status not in (200, 206):
        raise _refused(address, said)
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise _refused(address, "it is sent in a compressed form that can't be resumed")
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    declared = headers.get("Content-Length", "")
    length = int(declared) if declared.isascii() and declared.isdecimal() and len(declared) < 16 else None
    mark = headers.get("ETag") or headers.get("Last-Modified")
    if status == 200:
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
        f"{shown(address)} is no zip archive: {why}. Look at it in a browser, or give another address.",
    )


def _refused(address: str, why: str) -> DownloadError:
    message = f"{shown(address)} can't be downloaded: {why}. Try later, or give another address."
    return DownloadError(DownloadProblem.REFUSED, message)
