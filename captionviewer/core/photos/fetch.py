"""One photo from the web: a bounded, polite GET whose every end is a picture's bytes or a stated failure."""

import email.utils
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from captionviewer.core.photos.decode import MAX_BYTES, not_a_picture, too_large
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from captionviewer.core.photos.throttle import HostManners
from captionviewer.core.web.deadline import Deadline, NoLongerWanted, OutOfTime, Unreachable
from captionviewer.core.web.redirect_guard import LedInside

if TYPE_CHECKING:
    import requests

MAX_REDIRECTS = 5
_BLOCK = 65_536
_HEADERS = {
    "User-Agent": "captionviewer (shows COCO photos, a few requests a second)",
    "Accept": "image/jpeg,image/png,image/webp,image/gif,image/*;q=0.8",
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True)
class Download:
    """What an address answered with."""

    data: bytes
    address: str  # after all redirects


def _never() -> bool:
    return False


def fetch_picture(
    url: str,
    *,
    timeout: float,
    manners: HostManners,
    stop: Callable[[], bool],
    patient: Callable[[], bool] = _never,
) -> Download:
    """Get the bytes behind an http(s) address.

    Redirects are followed by hand, at most five, only to http(s), and never from the public web into
    a private network. An address that ends in
    `photo_unavailable…` is Flickr's way to say that a photo is gone. Nothing over 20 MB is read.

    Parameters
    ----------
    url
        The address.
    timeout
        Seconds for the whole request, redirects and body included; waiting for one's turn
        at a host is not counted.
    manners
        What is known of the hosts; it is told how this request went.
    stop
        Asked often; True ends the request within a fraction of a second.
    patient
        While it says True, the request waits for a turn that nobody else wants.

    Raises
    ------
    PhotoUnavailable
        Any problem but TOO_LARGE by pixels, which decoding finds.
    """
    deadline = Deadline(timeout, stop)
    address = url
    try:
        parts = _checked(address, url)
        from captionviewer.core.web.connection import open_session  # takes long: only when needed

        with open_session(deadline, _HEADERS) as session:
            for _ in range(MAX_REDIRECTS + 1):
                if is_placeholder(address):
                    raise _gone(address, "Flickr shows its placeholder for photos taken down")
                host = parts.hostname or ""
                _ask_politely(host, address, manners, deadline, stop, patient)
                with _get(session, address, host, manners, deadline) as response:
                    target = _redirect(response)
                    if target is None:
                        return Download(_body(response, address, manners, host), address)
                address = urljoin(address, target)
                parts = _checked(address, url)
        raise _refused(url, f"it was redirected more than {MAX_REDIRECTS} times")
    except OutOfTime:
        raise _timed_out(address, timeout) from None
    except LedInside as inside:
        message = (
            f"{shown(address)} is refused: {url} leads there, into this computer's own network ({inside})."
        )
        raise PhotoUnavailable(PhotoProblem.REFUSED, address, message, can_retry=False) from None
    except NoLongerWanted:
        raise PhotoUnavailable(
            PhotoProblem.STOPPED, address, f"{address} was no longer wanted and is not loaded."
        ) from None


def is_placeholder(address: str) -> bool:
    """Tell whether an address is that of Flickr's picture for photos that are gone."""
    return urlsplit(address).path.rsplit("/", 1)[-1].lower().startswith("photo_unavailable")


def _checked(address: str, asked: str) -> SplitResult:
    """Return the parts of an http(s) address, or refuse it."""
    led = "" if address == asked else f"{asked} leads to it, and "
    try:
        parts = urlsplit(address)
        complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete, parts = False, urlsplit("")
    if complete and parts.scheme in ("http", "https") and address.isprintable():
        return parts
    if complete or ":" in address:
        what = f"{led}only http and https addresses are opened."
    else:
        what = f"{led}it is not a web address."
    message = f"{shown(address)} is refused: {what}"
    raise PhotoUnavailable(PhotoProblem.REFUSED, address, message, can_retry=False)


def shown(address: str, longest: int = 200) -> str:
    """Return an address fit for a message: printable, and not endless."""
    printable = "".join(c if c.isprintable() else "?" for c in address[: longest + 1])
    return printable if len(printable) <= longest else printable[:longest] + "…"


def _ask_politely(
    host: str,
    address: str,
    manners: HostManners,
    deadline: Deadline,
    stop: Callable[[], bool],
    patient: Callable[[], bool],
) -> None:
    alone = manners.left_alone(host)
    if alone is None:
        deadline.extend(manners.wait_for_turn(host, stop, patient))
        alone = manners.left_alone(host)  # another request may have found out meanwhile
    if alone is None:
        return
    if alone.problem is PhotoProblem.BUSY:
        raise _busy(address, f"{host} asked for a pause", alone.seconds)
    raise _offline(address, f"{host} could not be reached a moment ago", alone.seconds)


def _get(
    session: "requests.Session", address: str, host: str, manners: HostManners, deadline: Deadline
) -> "requests.Response":
    import requests
    import urllib3.exceptions

    try:
        response = session.get(address, stream=True, allow_redirects=False, timeout=deadline.left())
    except Unreachable as error:
        raise _offline(address, str(error), manners.unreachable(host)) from error
    except requests.exceptions.SSLError as error:
        raise _refused(address, f"its certificate or encryption can't be trusted ({_root(error)})") from error
    except requests.exceptions.ProxyError as error:
        why = f"the proxy set for this computer failed ({_root(error)})"
        raise _offline(address, why, manners.unreachable(host)) from error
    except requests.exceptions.Timeout as error:
        raise OutOfTime from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise _refused(address, f"the server broke off or answered with nonsense ({_root(error)})") from error
    manners.answered(host)
    return response


def _redirect(response: "requests.Response") -> str | None:
    if response.status_code in (301, 302, 303, 307, 308):
        return response.headers.get("Location")
    return None


def _body(response: "requests.Response", address: str, manners: HostManners, host: str) -> bytes:
    status = response.status_code
    said = f"{status} {response.reason}".strip()
    if status in (404, 410):
        raise _gone(address, f"the server says {said}")
    if status in (408, 429) or status >= 500:
        seconds = manners.busy(host, retry_after_seconds(response.headers.get("Retry-After")))
        raise _busy(address, f"the server says {said}", seconds)
    if not 200 <= status < 300:
        raise _refused(address, f"the server says {said}")
    return _read(response, address)


def _read(response: "requests.Response", address: str) -> bytes:
    import urllib3.exceptions

    length = response.headers.get("Content-Length", "")
    # Python refuses to read a number of thousands of digits; nobody counts that far.
    declared = int(length.lstrip("0")[:18] or 0) if length.isascii() and length.isdecimal() else None
    limit = f"larger than {MAX_BYTES // 1_000_000} MB"
    if declared is not None and declared > MAX_BYTES:
        raise too_large(address, limit)
    data = bytearray()
    try:
        while block := response.raw.read(_BLOCK, decode_content=False):
            data += block
            if len(data) > MAX_BYTES:
                raise too_large(address, limit)
    except PhotoUnavailable:
        raise
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        wanted = f" of {declared:,}" if declared is not None else ""
        raise not_a_picture(address, f"it broke off after {len(data):,}{wanted} bytes") from error
    return bytes(data)


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


def _root(error: BaseException) -> str:
    """Return what the innermost of a chain of wrapped errors says."""
    while True:
        inner = error.__cause__ or error.__context__
        if inner is None:
            return " ".join(str(error).split())[:160] or type(error).__name__
        error = inner


def _gone(address: str, why: str) -> PhotoUnavailable:
    return PhotoUnavailable(PhotoProblem.GONE, address, f"{shown(address)} is no longer on the web: {why}.")


def _refused(address: str, why: str) -> PhotoUnavailable:
    return PhotoUnavailable(PhotoProblem.REFUSED, address, f"{shown(address)} gave no photo: {why}.")


def _timed_out(address: str, timeout: float) -> PhotoUnavailable:
    message = f"{shown(address)} took longer than {timeout:g} s. Try again, or later."
    return PhotoUnavailable(PhotoProblem.TIMED_OUT, address, message)


def _busy(address: str, why: str, seconds: float) -> PhotoUnavailable:
    message = f"{shown(address)} is not asked for the next {max(seconds, 1):.0f} s: {why}."
    return PhotoUnavailable(PhotoProblem.BUSY, address, message, retry_after=seconds)


def _offline(address: str, why: str, seconds: float) -> PhotoUnavailable:
    message = f"{shown(address)} can't be reached: {why}. Is this computer online?"
    return PhotoUnavailable(PhotoProblem.OFFLINE, address, message, retry_after=seconds)
