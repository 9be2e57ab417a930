"""One GET with its redirects followed by hand: at most five, only to the web, never into the own network."""

import contextlib
import email.utils
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.failures import (
    ConnectionBroken,
    InvalidAddress,
    ProxyError,
    TooManyRedirects,
)
from captionviewer.core.web.untrusted_text import quoted

if TYPE_CHECKING:
    import requests

MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_PROXY_WANTS_PASSWORD = 407


class Response:
    """What a server answered, its body not yet read.

    Attributes
    ----------
    address : str
        Where it came from, after all redirects.
    status : int
    headers : mapping
        By name, in any case.
    """

    def __init__(self, response: "requests.Response", address: str) -> None:
        self.address = address
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response

    @property
    def said(self) -> str:
        """The status line, fit for a message: "404 Not Found"."""
        return quoted(f"{self.status} {self._response.reason or ''}", 80)

    @property
    def length(self) -> int | None:
        """How many bytes the body has, as the server declares; None where it says nothing sensible."""
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdecimal()):
            return None
        # Python refuses to read a number of thousands of digits; nobody counts that far.
        return int(text.lstrip("0")[:18] or 0)

    @property
    def retry_after(self) -> float | None:
        """For how many seconds the server wants to be left alone; None when it does not say."""
        return retry_after_seconds(self.headers.get("Retry-After"))

    def blocks(self, size: int) -> Iterator[bytes]:
        """Give the body block by block.

        Raises
        ------
        ConnectionBroken
            It ended before its end, or is no HTTP.
        DeadlineExceeded, RequestCancelled
            As the deadline says.
        """
        from captionviewer.core.web.connection import FOREIGN_ERRORS

        while True:
            try:
                block: bytes = self._response.raw.read(size, decode_content=False)
            except FOREIGN_ERRORS as error:
                raise ConnectionBroken("the connection broke off", self.address) from error
            if not block:
                return
            yield block


def _nothing(_address: str) -> None:
    pass


@contextlib.contextmanager
def get(
    address: str,
    headers: Mapping[str, str],
    deadline: Deadline,
    *,
    before: Callable[[str], None] = _nothing,
    answered: Callable[[str], None] = _nothing,
) -> Iterator[Response]:
    """GET an http or https address.

    Parameters
    ----------
    address
        Where to begin.
    headers
        All that is sent; nothing is added but Host.
    deadline
        For everything together, the body included.
    before, answered
        Called with each address, redirects included, before it is asked and when it has answered.

    Raises
    ------
    RequestError
        One of the family; its `address` is what was asked at the end.
    RequestCancelled
        As the deadline says.
    """
    from captionviewer.core.web.connection import ask, open_session  # take long: only when needed

    asked = address
    with open_session(deadline, headers) as session:
        for _ in range(MAX_REDIRECTS + 1):
            check_address(address, asked)
            before(address)
            with ask(session, address, deadline) as response:
                answered(address)
                if response.status_code == _PROXY_WANTS_PASSWORD:
                    _blame_proxy(address)
                target = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or target is None:
                    yield Response(response, address)
                    return
            address = _joined(address, target)
    raise TooManyRedirects(f"it was redirected more than {MAX_REDIRECTS} times", asked)


def check_address(address: str, asked: str = "") -> None:
    """See that an address is a whole http or https address.

    Parameters
    ----------
    address
        To be looked at.
    asked
        Which address led to it.

    Raises
    ------
    InvalidAddress
        It is not.
    """
    try:
        parts = urlsplit(address)
        whole = bool(parts.hostname) and parts.port != 0 and parts.scheme in ("http", "https")
    except ValueError:
        whole = False
    if whole and address.isprintable() and " " not in address:
        return
    led = f"{quoted(asked)} leads to it, and " if asked not in ("", address) else ""
    raise InvalidAddress(f"{led}a web address is needed, beginning with http:// or https://", address)


def host_of(address: str) -> str:
    """Return the host of an address that was checked."""
    return urlsplit(address).hostname or ""


def retry_after_seconds(header: str | None) -> float | None:
    """Return what a Retry-After header asks for (seconds or a date), None when it says nothing."""
    if not header:
        return None
    header = header.strip()
    if header.isascii() and header.isdecimal():
        return float(header[:9])
    try:
        moment = email.utils.parsedate_to_datetime(header)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _joined(address: str, target: str) -> str:
    """Return where a redirect leads; what is no address at all comes back as it is, to be refused."""
    with contextlib.suppress(UnicodeError):  # http.client reads headers as Latin-1, servers write UTF-8
        target = target.encode("latin-1").decode("utf-8")
    try:
        return urljoin(address, target)
    except ValueError:
        return target


def _blame_proxy(address: str) -> None:
    from captionviewer.core.web.environment import proxy_for

    proxy = proxy_for(address)
    if proxy is not None:
        raise ProxyError(f"{proxy} asks for a user name and password", address)
