"""One photo from the web: a bounded, polite GET whose every end is a picture's bytes or a stated failure."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from captionviewer.core.photos.decode import MAX_BYTES, not_a_picture, too_large
from captionviewer.core.photos.problem import PhotoProblem, PhotoUnavailable
from captionviewer.core.photos.throttle import HostThrottle
from captionviewer.core.web import failures
from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.request import Response, get, host_of
from captionviewer.core.web.untrusted_text import quoted

_BLOCK = 65_536
_HEADERS = {
    "User-Agent": "captionviewer (shows COCO photos, a few requests a second)",
    "Accept": "image/jpeg,image/png,image/webp,image/gif,image/*;q=0.8",
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True)
class FetchedPicture:
    """What an address answered with."""

    data: bytes
    address: str  # after all redirects


def _never() -> bool:
    return False


def fetch_picture(
    url: str,
    *,
    timeout: float,
    throttle: HostThrottle,
    stop: Callable[[], bool],
    patient: Callable[[], bool] = _never,
) -> FetchedPicture:
    """Get the bytes behind an http(s) address.

    Redirects are followed, at most five, only to http(s), and never from the public web into a private
    network. An address that ends in `photo_unavailable…` is Flickr's way to say that a photo is gone.
    Nothing over 20 MB is read.

    Parameters
    ----------
    url
        The address.
    timeout
        Seconds for the whole request, redirects and body included; waiting for one's turn
        at a host is not counted.
    throttle
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

    def before(address: str) -> None:
        if is_placeholder(address):
            raise _gone(address, "Flickr shows its placeholder for photos taken down")
        _wait_for_turn(address, throttle, deadline, stop, patient)

    def answered(address: str) -> None:
        throttle.answered(host_of(address))

    try:
        with get(url, _HEADERS, deadline, before=before, answered=answered) as response:
            return FetchedPicture(_body(response, throttle), response.address)
    except failures.RequestCancelled:
        message = f"{quoted(url)} was no longer wanted and is not loaded."
        raise PhotoUnavailable(PhotoProblem.STOPPED, url, message) from None
    except failures.RequestError as error:
        raise _unavailable(error, url, timeout, throttle) from error


def is_placeholder(address: str) -> bool:
    """Tell whether an address is that of Flickr's picture for photos that are gone."""
    return urlsplit(address).path.rsplit("/", 1)[-1].lower().startswith("photo_unavailable")


def _wait_for_turn(
    address: str,
    throttle: HostThrottle,
    deadline: Deadline,
    stop: Callable[[], bool],
    patient: Callable[[], bool],
) -> None:
    host = host_of(address)
    alone = throttle.left_alone(host)
    if alone is None:
        deadline.extend(throttle.wait_for_turn(host, stop, patient))
        alone = throttle.left_alone(host)  # another request may have found out meanwhile
    if alone is None:
        return
    if alone.problem is PhotoProblem.BUSY:
        raise _busy(address, f"{host} asked for a pause", alone.seconds)
    raise _offline(address, f"{alone.why or f'{host} gave no answer'} (a moment ago)", alone.seconds)


def _body(response: Response, throttle: HostThrottle) -> bytes:
    address, status = response.address, response.status
    why = f"the server says {response.said}"
    if status in (404, 410):
        raise _gone(address, why)
    if status in (408, 429) or status >= 500:
        raise _busy(address, why, throttle.busy(host_of(address), response.retry_after))
    if not 200 <= status < 300:
        raise _refused(address, why)
    declared = response.length
    limit = f"larger than {MAX_BYTES // 1_000_000} MB"
    if declared is not None and declared > MAX_BYTES:
        raise too_large(address, limit)
    data = bytearray()
    try:
        for block in response.blocks(_BLOCK):
            data += block
            if len(data) > MAX_BYTES:
                raise too_large(address, limit)
    except failures.ConnectionBroken as error:
        wanted = f" of {declared:,}" if declared is not None else ""
        raise not_a_picture(address, f"it broke off after {len(data):,}{wanted} bytes") from error
    return bytes(data)


def _unavailable(
    error: failures.RequestError, url: str, timeout: float, throttle: HostThrottle
) -> PhotoUnavailable:
    """Return what a failed request means for a photo; the host is left alone where that helps."""
    address, why = error.address or url, str(error)
    if isinstance(error, failures.Unreachable | failures.ProxyError):
        return _offline(address, why, throttle.unreachable(host_of(address), why))
    if isinstance(error, failures.NetworkSettingsError):
        message = f"{quoted(address)} is not asked: {why}. Set it right and start again."
        return PhotoUnavailable(PhotoProblem.MISCONFIGURED, address, message, can_retry=False)
    if isinstance(error, failures.DeadlineExceeded):
        message = f"{quoted(address)} took longer than {timeout:g} s. Try again, or later."
        return PhotoUnavailable(PhotoProblem.TIMED_OUT, address, message)
    if isinstance(error, failures.InvalidAddress | failures.RedirectRefused):
        led = f" ({quoted(url)} leads there)" if address != url else ""
        message = f"{quoted(address) or 'Nothing'} is refused{led}: {why}."
        return PhotoUnavailable(PhotoProblem.REFUSED, address, message, can_retry=False)
    return _refused(address, why)


def _gone(address: str, why: str) -> PhotoUnavailable:
    return PhotoUnavailable(PhotoProblem.GONE, address, f"{quoted(address)} is no longer on the web: {why}.")


def _refused(address: str, why: str) -> PhotoUnavailable:
    return PhotoUnavailable(PhotoProblem.REFUSED, address, f"{quoted(address)} gave no photo: {why}.")


def _busy(address: str, why: str, seconds: float) -> PhotoUnavailable:
    message = f"{quoted(address)} is not asked for the next {max(seconds, 1):.0f} s: {why}."
    return PhotoUnavailable(PhotoProblem.BUSY, address, message, retry_after=seconds)


def _offline(address: str, why: str, seconds: float) -> PhotoUnavailable:
    message = f"{quoted(address)} can't be reached: {why}. Is this computer online?"
    return PhotoUnavailable(PhotoProblem.OFFLINE, address, message, retry_after=seconds)
