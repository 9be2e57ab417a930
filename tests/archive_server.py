"""A web server on loopback that serves an archive well or badly, as a test tells it."""

import contextlib
import io
import re
import struct
import threading
import zipfile
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Fault = Callable[["Handler"], None]  # answers one request instead of the server


def archive_of(folder: Path, root: str = "coco_captioning/", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of the files right in a folder, as the official one has them."""
    return archive_with(
        {root + path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}, method
    )


def archive_with(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of these files, whatever their names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.filename = name  # as it is: ZipInfo makes some names harmless
            info.compress_type = method
            archive.writestr(info, content)
    return stream.getvalue()


def patched_entries(archive: bytes, **fields: int) -> bytes:
    """Return the archive with fields of each entry in its list overwritten: flags, method, size."""
    places = {"flags": (8, "<H"), "method": (10, "<H"), "size": (24, "<I"), "attributes": (38, "<I")}
    data = bytearray(archive)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        for field, value in fields.items():
            offset, form = places[field]
            struct.pack_into(form, data, at + offset, value)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


class Handler(BaseHTTPRequestHandler):
    """Answers a GET with the archive, or with the next fault."""

    server: "_Server"
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        mine = self.server.mine
        mine.paths.append(self.path)
        mine.asked.append(self.headers.get("Range"))
        mine.headers.append(dict(self.headers))
        fault = mine.faults.pop(0) if mine.faults else None
        # The other side may have had enough, as some tests want it to.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            (fault or mine.always or Handler.send_archive)(self)
        self.close_connection = True

    def span(self) -> tuple[int, int] | None:
        """Return the span that is asked for and may be sent, end exclusive."""
        mine = self.server.mine
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if not mine.ranges or asked is None or (condition is not None and condition != mine.mark):
            return None
        return int(asked[1]), min(int(asked[2]) + 1, len(mine.archive))

    def send_archive(self, cut_after: int | None = None) -> None:
        """Send what is asked for; break off after so many bytes of it if told to."""
        mine = self.server.mine
        span = self.span()
        if span is not None and span[0] >= len(mine.archive):
            self.plain(416, b"", {"Content-Range": f"bytes */{len(mine.archive)}"})
            return
        start, end = span or (0, len(mine.archive))
        self.send_response(206 if span else 200)
        if mine.mark is not None:
            self.send_header("ETag" if mine.mark.startswith(('"', "W/")) else "Last-Modified", mine.mark)
        if span:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(mine.archive)}")
        if mine.tells_length:
            self.send_header("Content-Length", str(end - start))
        self.send_header("Content-Type", "application/zip")
        self.end_headers()
        body = mine.archive[start:end][:cut_after]
        step = mine.piece or len(body) or 1
        for at in range(0, len(body), step):
            self.wfile.write(body[at : at + step])
            mine.sent += len(body[at : at + step])
            if mine.every and mine.closing.wait(mine.every):
                return

    def plain(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Send a status with a body of bytes."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, mine: "ArchiveServer") -> None:
        self.mine = mine
        super().__init__(("127.0.0.1", 0), Handler)


class ArchiveServer:
    """Use as a context manager; everything may change while it runs.

    `mark` is an ETag if it is quoted, else a Last-Modified; `faults` answer the next requests, one each;
    `always` answers all others instead of the archive; `piece` bytes are sent `every` seconds.
    """

    def __init__(self, archive: bytes = b"") -> None:
        self.archive = archive
        self.mark: str | None = '"first"'
        self.ranges = True
        self.tells_length = True
        self.piece = 0
        self.every = 0.0
        self.sent = 0  # bytes of the archive
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.paths: list[str] = []
        self.asked: list[str | None] = []  # the Range of each request
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), name="archive server"
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/coco_captioning.zip"

    def __enter__(self) -> "ArchiveServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


# ---- faults ------------------------------------------------------------------------------------------


def cut(after: int) -> Fault:
    """Break off after so many bytes of what was asked for."""
    return lambda handler: handler.send_archive(cut_after=after)


def status(code: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Fault:
    """Answer with a status."""
    return lambda handler: handler.plain(code, body, headers)


def redirect(target: str) -> Fault:
    """Send the client elsewhere."""
    return status(302, {"Location": target})


def raw(data: bytes) -> Fault:
    """Answer with exactly these bytes, headers included."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(data)

    return answer


def drip(piece: bytes = b"P", every: float = 0.02) -> Fault:
    """Promise a large archive and send it a byte at a time without end."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 9000000\r\n\r\nPK\x03\x04")
        while not handler.server.mine.closing.wait(every):
            handler.wfile.write(piece)

    return answer
