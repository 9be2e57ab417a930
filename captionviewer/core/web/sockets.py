"""TCP connections that come about within a deadline, directly or through a SOCKS proxy."""

import contextlib
import errno
import io
import os
import selectors
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import socks

from captionviewer.core.web.deadline import Deadline
from captionviewer.core.web.failures import ProxyError, Unreachable
from captionviewer.core.web.redirect_guard import RedirectGuard
from captionviewer.core.web.untrusted_text import quoted

# A host that does not answer at all in this share of the time is not reachable.
_CONNECT_SHARE = 0.5
_SOCKS_PORT = 1080

_Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class PatientReader(io.RawIOBase):
    """Reads a socket in short waits and looks at the deadline between them; closes `hold` with itself."""

    def __init__(self, sock: socket.socket, deadline: Deadline, hold: io.IOBase | None = None) -> None:
        self._socket = sock
        self._deadline = deadline
        self._hold = hold

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader hands in
        """Read what has come, and wait while nothing has."""
        while True:
            self._socket.settimeout(self._deadline.slice())
            try:
                return self._socket.recv_into(buffer)
            except (TimeoutError, ssl.SSLWantReadError):
                continue

    def close(self) -> None:
        """Let go of the socket."""
        if self._hold is not None:
            self._hold.close()
        super().close()


def connect(host: str, port: int, deadline: Deadline, guard: RedirectGuard | None = None) -> socket.socket:
    """Open a TCP connection within the deadline, trying the host's addresses in turn.

    The look-up of the name is the system's, and can't be bounded.

    Raises
    ------
    Unreachable
        Saying why.
    DeadlineExceeded, RequestCancelled
        As the deadline says.
    RedirectRefused
        As `guard` says.
    """
    found = _addresses(host, port)
    patience = deadline.seconds * _CONNECT_SHARE / max(len(found), 1)
    why = f"{host} has no address"
    for family, kind, protocol, _, address in found:
        if guard is not None:
            guard.check(str(address[0]))
        sock = socket.socket(family, kind, protocol)
        try:
            _connect_one(sock, address, deadline, patience)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(deadline.left())
        except OSError as error:
            sock.close()
            why = _why_not(host, error)
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise Unreachable(why)


def connect_through_socks(
    host: str, port: int, options: Mapping[str, Any], deadline: Deadline, proxy: str
) -> socket.socket:
    """Open a TCP connection through a SOCKS proxy within the deadline.

    Parameters
    ----------
    host, port
        Where to.
    options
        urllib3's: `socks_version`, `proxy_host`, `proxy_port`, `username`, `password`, `rdns`.
    deadline
        For connecting and what the proxy is asked.
    proxy
        What to call the proxy in a message.

    Raises
    ------
    ProxyError
        The proxy can't be reached, wants a password, or answers with nonsense.
    Unreachable
        The proxy can't reach the host, or its name is not known here.
    DeadlineExceeded, RequestCancelled
        As the deadline says.
    """
    proxy_host, proxy_port = str(options["proxy_host"]), int(options["proxy_port"] or _SOCKS_PORT)
    try:
        found = _addresses(proxy_host, proxy_port)
    except Unreachable as error:
        raise ProxyError(f"{proxy} can't be reached: {error}") from error
    patience = deadline.seconds * _CONNECT_SHARE / max(len(found), 1)
    why = f"{proxy_host} has no address"
    for family, kind, protocol, _, address in found:
        sock = _SocksSocket(family, kind, protocol)
        sock.reach(address, deadline, patience)
        sock.set_proxy(
            options["socks_version"],
            proxy_host,
            proxy_port,
            options["rdns"],
            options["username"] or None,
            options["password"] or None,
        )
        try:
            sock.connect((host.strip("[]"), port))
            sock.negotiated(deadline)
        except socks.ProxyConnectionError as error:
            sock.close()
            why = _why_not(proxy_host, error.socket_err)
        except OSError as error:  # PySocks's own errors are OSErrors, and wrap each other
            sock.close()
            raise _socks_failure(getattr(error, "socket_err", None) or error, host, proxy) from error
        except BaseException:
            sock.close()
            raise
        else:
            return cast(socket.socket, sock)
    raise ProxyError(f"{proxy} can't be reached: {why}")


def _socks_failure(error: OSError, host: str, proxy: str) -> ProxyError | Unreachable:
    if isinstance(error, socks.SOCKS4Error | socks.SOCKS5Error):  # the proxy's own "no"
        return Unreachable(f"{proxy} does not get to {host} ({quoted(str(error), 100)})")
    if isinstance(error, socket.gaierror):
        return Unreachable(f"the name {host} could not be looked up")
    return ProxyError(f"{proxy} failed ({quoted(str(error), 100)})")


class _ReachesWithin(socks._BaseSocket):  # type: ignore[misc]  # PySocks has no types
    """What PySocks connects to the proxy with: in short waits."""

    def reach(self, address: Any, deadline: Deadline, patience: float) -> None:
        """Say where the proxy is, and how long may be waited for it."""
        self._reach = (address, deadline, patience)
        self._negotiating = True

    def negotiated(self, deadline: Deadline) -> None:
        """Become a common socket."""
        self._negotiating = False
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.settimeout(deadline.left())

    def connect(self, _address: object) -> None:
        """Connect to the proxy, whatever PySocks thinks where that is: its name was looked up."""
        address, deadline, patience = self._reach
        _connect_one(self, address, deadline, patience)
        self.settimeout(deadline.left())  # for what is written to the proxy


class _SocksSocket(socks.socksocket, _ReachesWithin):  # type: ignore[misc]  # PySocks has no types
    """PySocks's socket, whose every wait looks at the deadline.

    Its `connect` asks the next class in line to connect to the proxy, which is the one above.
    """

    def makefile(self, *place: Any, **options: Any) -> Any:
        """Return a patient reader to who asks the proxy, and a common file to all others."""
        if self._negotiating and place == ("rb", 0):
            return PatientReader(self, self._reach[1])
        return super().makefile(*place, **options)


def _addresses(host: str, port: int) -> Sequence[_Found]:
    try:
        return socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"the name {host} could not be looked up") from error


def _why_not(host: str, error: OSError) -> str:
    refused = isinstance(error, ConnectionRefusedError)
    return f"{host} refused the connection" if refused else (error.strerror or str(error))


def _connect_one(sock: socket.socket, address: Any, deadline: Deadline, patience: float) -> None:
    end = time.monotonic() + patience
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        socket.socket.connect(sock, address)
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while not selector.select(deadline.slice()):
            if time.monotonic() > end:
                raise OSError(errno.ETIMEDOUT, "it did not answer")
    failure = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failure:
        raise OSError(failure, os.strerror(failure))
