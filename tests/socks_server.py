"""A SOCKS5 proxy on loopback that leads every name to one server, well or badly, as a test tells it."""

import contextlib
import socket
import struct
import threading


class SocksServer:
    """Use as a context manager.

    `reply` is what it says to a request to connect (0 goes well, 4 is "host unreachable"); `method` how it
    wants to be logged in to (0 not at all, 255 no way that was offered); `silent` never answers.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self.reply = 0
        self.method = 0
        self.silent = False
        self.wanted: list[str] = []  # host:port of each request
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve, name="socks server")]

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "SocksServer":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            thread = threading.Thread(target=self._answer, args=(client,), name="socks client")
            self._threads.append(thread)
            thread.start()

    def _answer(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            asked = client.recv(2)
            if self.silent:
                client.recv(1000)
                client.recv(1000)  # until the other side lets go
                return
            client.recv(asked[1])
            client.sendall(bytes([5, self.method]))
            if self.method == 255:
                return
            head = client.recv(4)
            if head[3] == 3:
                host = client.recv(client.recv(1)[0]).decode()
            else:
                host = socket.inet_ntop(socket.AF_INET, client.recv(4))
            self.wanted.append(f"{host}:{struct.unpack('>H', client.recv(2))[0]}")
            client.sendall(bytes([5, self.reply, 0, 1, 0, 0, 0, 0, 0, 0]))
            if self.reply:
                return
            server = socket.create_connection(self._target)
            self._open.append(server)
            back = threading.Thread(target=_pump, args=(server, client), name="socks back")
            self._threads.append(back)
            back.start()
            _pump(client, server)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
