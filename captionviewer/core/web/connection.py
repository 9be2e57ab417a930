"""HTTP connections that keep a deadline for connecting, headers and body together.

The timeouts of requests hold for each read of the socket, so a server that sends one byte a second
keeps a thread for hours. Here every read is short, and between reads the deadline is looked at.
This module imports requests, which takes long: it is itself imported only when a photo is fetched.
"""

import contextlib
import errno
import http.client
import io
import os
import selectors
import socket
import ssl
import time
from collections.abc import Mapping
from functools import partial
from typing import cast

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool

from captionviewer.core.web.deadline import Deadline, Unreachable
from captionviewer.core.web.redirect_guard import Reach

# A host that does not answer at all in this share of the time is not reachable.
_CONNECT_SHARE = 0.5


def open_session(deadline: Deadline, headers: Mapping[str, str]) -> requests.Session:
    """Return a session whose every request keeps the deadline; proxies come from the environment.

    It follows no redirect, and reads no body that nobody asks for: that is the caller's to do.
    A redirect from a public host into a private network raises LedInside. Through a proxy only the
    proxy knows where a name leads, so that there it is the proxy's to judge.
    """
    reach = Reach()
    session = requests.Session()
    session.headers.clear()
    session.headers.update(headers)
    # Without an `auth`, requests would look for passwords in ~/.netrc and send them to any host.
    session.auth = _no_password
    # Asked not to follow a redirect, requests still prepares what would follow, and for that reads its
    # whole body into memory, unpacked. There is no other switch.
    session.get_redirect_target = _no_target  # type: ignore[assignment, method-assign]
    for scheme in ("http://", "https://"):
        session.mount(scheme, _BoundedAdapter(deadline, reach))
    return session


def _no_password(request: PreparedRequest) -> PreparedRequest:
    return request


def _no_target(_response: requests.Response) -> None:
    return None


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, deadline: Deadline, reach: Reach) -> None:
        self._deadline = deadline
        self._reach = reach
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: str | tuple[str, str] | None = None,
    ) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(
            request, verify, dict(proxies) if proxies else None, cert
        )
        assert isinstance(pool, HTTPConnectionPool)
        # A SOCKS proxy has connections of its own kind: those keep requests' own timeouts.
        reach = self._reach if pool.proxy is None else None
        if pool.ConnectionCls is HTTPConnection:
            pool.ConnectionCls = cast(type[HTTPConnection], partial(_BoundedHTTP, self._deadline, reach))
        elif pool.ConnectionCls is HTTPSConnection:
            pool.ConnectionCls = cast(type[HTTPSConnection], partial(_BoundedHTTPS, self._deadline, reach))
        return pool


class _BoundedHTTP(HTTPConnection):
    def __init__(
        self, deadline: Deadline, reach: Reach | None, host: str, port: int | None = None, **options: object
    ) -> None:
        super().__init__(host, port, **options)  # type: ignore[arg-type]  # handed through as they came
        self._deadline = deadline
        self._reach = reach
        self.response_class = cast(type[http.client.HTTPResponse], partial(_BoundedResponse, deadline))

    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port or 80, self._deadline, self._reach)


class _BoundedHTTPS(HTTPSConnection):
    def __init__(
        self, deadline: Deadline, reach: Reach | None, host: str, port: int | None = None, **options: object
    ) -> None:
        super().__init__(host, port, **options)  # type: ignore[arg-type]  # handed through as they came
        self._deadline = deadline
        self._reach = reach
        self.response_class = cast(type[http.client.HTTPResponse], partial(_BoundedResponse, deadline))

    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port or 443, self._deadline, self._reach)


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
        self.fp = io.BufferedReader(_PatientReader(sock, deadline))
        before.close()


class _PatientReader(io.RawIOBase):
    """Reads a socket in short waits and looks at the deadline between them."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._socket = sock
        self._deadline = deadline
        # A file of the socket keeps it open after the connection lets go of it, as http.client expects.
        self._hold = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands in
        while True:
            self._socket.settimeout(self._deadline.slice())
            try:
                return self._socket.recv_into(buffer)
            except (TimeoutError, ssl.SSLWantReadError):
                continue

    def close(self) -> None:
        self._hold.close()
        super().close()


def connect(host: str, port: int, deadline: Deadline, reach: Reach | None = None) -> socket.socket:
    """Open a TCP connection within the deadline, trying the host's addresses in turn.

    The look-up of the name is the system's, and can't be bounded.

    Raises
    ------
    Unreachable
        Saying why.
    OutOfTime, NoLongerWanted
        As the deadline says.
    LedInside
        As `reach` says.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"the name {host} could not be looked up") from error
    patience = deadline.seconds * _CONNECT_SHARE / max(len(found), 1)
    why = f"{host} has no address"
    for family, kind, protocol, _, address in found:
        if reach is not None:
            reach.check(str(address[0]))
        sock = socket.socket(family, kind, protocol)
        try:
            _connect_one(sock, cast(tuple[str, int], address), deadline, patience)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(deadline.left())
        except OSError as error:
            sock.close()
            refused = isinstance(error, ConnectionRefusedError)
            why = f"{host} refused the connection" if refused else (error.strerror or str(error))
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise Unreachable(why)


def _connect_one(sock: socket.socket, address: tuple[str, int], deadline: Deadline, patience: float) -> None:
    end = time.monotonic() + patience
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        sock.connect(address)
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while not selector.select(deadline.slice()):
            if time.monotonic() > end:
                raise OSError(errno.ETIMEDOUT, "it did not answer")
    failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failure:
        raise OSError(failure, os.strerror(failure))
