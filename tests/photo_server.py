"""A web server on loopback that serves photos well or badly, as a test tells it."""

import io
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

Answer = Callable[["Handler"], None]


def picture_bytes(
    color: object = (200, 40, 40), size: tuple[int, int] = (32, 24), mode: str = "RGB", kind: str = "PNG"
) -> bytes:
    """Return the file of a picture of one colour."""
    stream = io.BytesIO()
    Image.new(mode, size, color).save(stream, kind)  # type: ignore[arg-type]
    return stream.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Answers a GET as its path was set up; 404 otherwise."""

    server: "_Server"
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        photos = self.server.photos
        photos.asked.append(self.path)
        photos.headers.append(dict(self.headers))
        answer = photos.answers.get(self.path)
        try:
            if answer is None:
                self.send_error(404)
            else:
                answer(self)
        except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            pass  # the other side had enough, as some tests want it to
        self.close_connection = True

    def pause(self, seconds: float) -> bool:
        """Wait; False when the server is closing."""
        return not self.server.photos.closing.wait(seconds)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, photos: "PhotoServer", port: int) -> None:
        self.photos = photos
        super().__init__(("127.0.0.1", port), Handler)


class PhotoServer:
    """Use as a context manager; `answers` may change while it runs. Port 0 is any that is free."""

    def __init__(self, port: int = 0) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="photo server")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        return self.address + path

    def __enter__(self) -> "PhotoServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop; whoever asks from now on is refused."""
        if self.closing.is_set():
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # ---- ways to answer ----------------------------------------------------------------------

    def serve(
        self,
        path: str,
        body: bytes,
        status: int = 200,
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> str:
        """Answer `path` with these bytes; `length` lies about how many they are. Returns the URL."""

        def answer(handler: Handler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(body) if length is None else length))
            for name, value in (headers or {}).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url(path)

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Answer `path` with a redirect."""
        return self.serve(path, b"", status, {"Location": target})

    def raw(self, path: str, *pieces: bytes, every: float = 0.0, forever: bool = False) -> str:
        """Answer `path` with exactly these bytes, headers included, `every` seconds a piece."""

        def answer(handler: Handler) -> None:
            while True:
                for piece in pieces:
                    handler.wfile.write(piece)
                    handler.wfile.flush()
                    if every and not handler.pause(every):
                        return
                if not forever:
                    return

        self.answers[path] = answer
        return self.url(path)

    def drip(self, path: str, head: bytes, piece: bytes, every: float = 0.02) -> str:
        """Answer `path` with a head at once, then one piece after another without end."""

        def answer(handler: Handler) -> None:
            handler.wfile.write(head)
            while handler.pause(every):
                handler.wfile.write(piece)

        self.answers[path] = answer
        return self.url(path)
