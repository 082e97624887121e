"""A real HTTP server on this machine that gives files, some of them in ways nobody wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONTENT = b"content of " + bytes(range(256))


class FileServer:
    """`/ok...` is a file; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                name = self.path.split("?")[0].lstrip("/")
                getattr(outer, f"_{name.split('.')[0].split('/')[0]}", outer._ok)(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/{path}"

    def _answer(self, handler: Any, status: int, content: bytes, **headers: str) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def _ok(self, handler: Any) -> None:
        content = CONTENT + handler.path.encode()
        self._answer(handler, 200, content, **{"Content-Length": str(len(content))})

    def _gone(self, handler: Any) -> None:
        self._answer(handler, 404, b"")

    def _cut(self, handler: Any) -> None:
        self._answer(handler, 200, b"half", **{"Content-Length": "8"})

    def _slow(self, handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            # a byte now and then, which a socket's own time-out would wait for
            for _ in range(100):
                handler.wfile.write(b".")
                time.sleep(0.02)
        except OSError:
            pass

    def _moved(self, handler: Any) -> None:
        self._answer(handler, 302, b"", Location="/ok.png")

    def _round(self, handler: Any) -> None:
        self._answer(handler, 302, b"", Location="/round")

    def _away(self, handler: Any) -> None:
        self._answer(handler, 302, b"", Location="file:///etc/hostname")


@contextmanager
def serving() -> Iterator[FileServer]:
    server = FileServer()
    yield server
    server.http.shutdown()
    server.http.server_close()
