"""HTTP connections that keep a deadline for connecting, headers and body together.

The timeouts of requests hold for each read of the socket, so a server that sends one byte a second
keeps a thread for hours. Here every read is short, and between reads the deadline is looked at.
This module imports requests, which takes long: it is itself imported only when a server is asked.
"""

import http.client
import io
import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection

from captionviewer.core.web import failures
from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.environment import Proxy, check_certificates, proxy_for
from captionviewer.core.web.failures import RequestError
from captionviewer.core.web.redirect_guard import RedirectGuard
from captionviewer.core.web.sockets import PatientReader, connect, connect_through_socks
from captionviewer.core.web.untrusted_text import quoted

# What requests and the libraries below it raise, the first that fits; whatever else is, is a fault of ours.
_BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    urllib3.exceptions.LocationValueError,
    UnicodeError,  # a name that IDNA can't write
)
FOREIGN_ERRORS = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)


def open_session(deadline: Deadline, headers: Mapping[str, str]) -> requests.Session:
    """Return a session whose every request keeps the deadline; proxies come from the environment.

    It follows no redirect, and reads no body that nobody asks for: that is the caller's to do.
    A redirect from a public host into a private network raises RedirectRefused. Through a proxy only the
    proxy knows where a name leads, so that there it is the proxy's to judge.
    """
    session = requests.Session()
    session.headers.clear()
    session.headers.update(headers)
    # Without an `auth`, requests would look for passwords in ~/.netrc and send them to any host.
    session.auth = _no_password
    # Asked not to follow a redirect, requests still prepares what would follow, and for that reads its
    # whole body into memory, unpacked. There is no other switch.
    session.get_redirect_target = _no_target  # type: ignore[assignment, method-assign]
    guard = RedirectGuard()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _BoundedAdapter(deadline, guard))
    return session


def ask(session: requests.Session, address: str, deadline: Deadline) -> requests.Response:
    """GET an address, its body unread.

    Raises
    ------
    RequestError
        One of the family, saying why and for which address.
    RequestCancelled
        As the deadline says.
    """
    try:
        return session.get(address, stream=True, allow_redirects=False, timeout=deadline.left())
    except RequestError as error:
        error.address = address
        raise
    except FOREIGN_ERRORS as error:
        raise failure_of(error, address) from error


def failure_of(error: Exception, address: str) -> RequestError:
    """Return the failure that an error of requests, or of a library below it, stands for."""
    why = _innermost(error)
    if isinstance(error, requests.exceptions.SSLError):
        return failures.UntrustedServer(f"its certificate or encryption can't be trusted ({why})", address)
    if isinstance(error, requests.exceptions.ProxyError):
        return failures.ProxyError(f"{proxy_for(address) or 'the proxy'} failed ({why})", address)
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return failures.NetworkSettingsError(f"the proxy setting can't be used ({why})", address)
    if isinstance(error, _BAD_ADDRESS):
        return failures.InvalidAddress("it is no address that can be asked", address)
    if isinstance(error, requests.exceptions.Timeout):
        return failures.DeadlineExceeded("the server did not answer in time", address)
    return failures.ConnectionBroken(f"the server broke off or answered with nonsense ({why})", address)


def _innermost(error: BaseException) -> str:
    """Return what the first of a chain of wrapped errors said."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return quoted(str(error), 160) or type(error).__name__


def _no_password(request: PreparedRequest) -> PreparedRequest:
    return request


def _no_target(_response: requests.Response) -> None:
    return None


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, deadline: Deadline, guard: RedirectGuard) -> None:
        self._deadline = deadline
        self._guard = guard
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: str | tuple[str, str] | None = None,
    ) -> HTTPConnectionPool:
        address = request.url or ""
        proxy = proxy_for(address)
        if address.lower().startswith("https:"):
            check_certificates(verify)
        pool = super().get_connection_with_tls_context(
            request, verify, dict(proxies) if proxies else None, cert
        )
        assert isinstance(pool, HTTPConnectionPool)
        route = _Route(self._deadline, self._guard if proxy is None else None, proxy)
        bounded = _BOUNDED.get(pool.ConnectionCls)
        if bounded is not None:
            pool.ConnectionCls = cast(type[HTTPConnection], partial(bounded, route))
        return pool


class _Route:
    """How a connection comes about: within which time, watched by whom, through what."""

    def __init__(self, deadline: Deadline, guard: RedirectGuard | None, proxy: Proxy | None) -> None:
        self.deadline = deadline
        self.guard = guard
        self.proxy = proxy
        self.response_class = cast(type[http.client.HTTPResponse], partial(_BoundedResponse, deadline))

    def connect(self, host: str, port: int) -> socket.socket:
        try:
            return connect(host, port, self.deadline, self.guard)
        except failures.Unreachable as error:
            if self.proxy is None:
                raise
            raise failures.ProxyError(f"{self.proxy} can't be reached: {error}") from error


class _BoundedHTTP(HTTPConnection):
    def __init__(self, route: _Route, *place: Any, **options: Any) -> None:
        super().__init__(*place, **options)
        self._route = route
        self.response_class = route.response_class

    def _new_conn(self) -> socket.socket:
        return self._route.connect(self.host, self.port or 80)


class _BoundedHTTPS(HTTPSConnection):
    def __init__(self, route: _Route, *place: Any, **options: Any) -> None:
        super().__init__(*place, **options)
        self._route = route
        self.response_class = route.response_class

    def _new_conn(self) -> socket.socket:
        return self._route.connect(self.host, self.port or 443)


class _BoundedSOCKS(SOCKSConnection):
    def __init__(self, route: _Route, *place: Any, **options: Any) -> None:
        super().__init__(*place, **options)
        self._route = route
        self.response_class = route.response_class

    def _new_conn(self) -> socket.socket:
        assert self._route.proxy is not None and self.port is not None
        return connect_through_socks(
            self.host, self.port, self._socks_options, self._route.deadline, str(self._route.proxy)
        )


class _BoundedSOCKSHTTPS(_BoundedSOCKS, SOCKSHTTPSConnection):
    pass


_BOUNDED: Mapping[object, Callable[..., HTTPConnection]] = {
    HTTPConnection: _BoundedHTTP,
    HTTPSConnection: _BoundedHTTPS,
    SOCKSConnection: _BoundedSOCKS,
    SOCKSHTTPSConnection: _BoundedSOCKSHTTPS,
}


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(
        self,
        deadline: Deadline,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        before = self.fp
        # A file of the socket keeps it open after the connection lets go of it, as http.client expects.
        self.fp = io.BufferedReader(PatientReader(sock, deadline, sock.makefile("rb", buffering=0)))
        before.close()
