"""What a request ends in when it brings no answer: one family, whatever library found it out.

Each text is half a sentence that says why, fit to stand in a message: printable, and not endless.
"""

from captionviewer.core.errors import CaptionviewerError


class RequestCancelled(CaptionviewerError):
    """Who asked does not want it any more."""


class RequestError(CaptionviewerError):
    """A request brought no answer; `str()` says why in half a sentence.

    Attributes
    ----------
    address : str
        What was asked at the end, after redirects; "" while nobody has said it yet.
    """

    def __init__(self, why: str = "", address: str = "") -> None:
        super().__init__(why)
        self.address = address


class DeadlineExceeded(RequestError):
    """The time for the request is used up."""


class Unreachable(RequestError):
    """No connection to the host came about."""


class ConnectionBroken(RequestError):
    """The server broke off, or answered with what is no HTTP."""


class UntrustedServer(RequestError):
    """The server's certificate or encryption can't be trusted."""


class RedirectRefused(RequestError):
    """A redirect leads from the public web into this computer's own network."""


class TooManyRedirects(RequestError):
    """Redirects lead on and on, as in a circle."""


class InvalidAddress(RequestError):
    """What was to be asked is no http or https address, or can't be one."""


class ProxyError(RequestError):
    """The proxy set for this computer is at fault, not the server behind it: asking again is no use."""


class NetworkSettingsError(RequestError):
    """A setting of this computer names a proxy or certificates that can't be used."""
