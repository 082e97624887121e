"""One POST with limits of time and size that hold whatever the server does."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bettersynth.data.files.connection_watch import ConnectionWatch, limited_time

BLOCK_BYTES = 1 << 16


class NoAnswer(Exception):
    """There is no whole answer; the message says why."""


@dataclass(frozen=True)
class Answer:
    """An answer of any status: redirects are not followed, they would carry a key elsewhere."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Request(urllib.request.Request):
    watch: ConnectionWatch


class _Watched(urllib.request.AbstractHTTPHandler):
    def do_open(self, http_class: Any, request: Any, **arguments: Any) -> Any:
        """Open a connection that the request's watch follows from the first byte."""

        class Connection(http_class):  # type: ignore[misc]
            def connect(self) -> None:
                super().connect()
                request.watch.follow(self.sock)

        return super().do_open(Connection, request, **arguments)


class _WatchedHttp(_Watched, urllib.request.HTTPHandler):
    pass


class _WatchedHttps(_Watched, urllib.request.HTTPSHandler):
    pass


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        """Return the answer as it is, redirects and errors too."""
        return response

    https_response = http_response


def opener() -> urllib.request.OpenerDirector:
    """Return what `post` opens addresses with; it may be shared by threads."""
    return urllib.request.build_opener(_WatchedHttp, _WatchedHttps, _AnyStatus)


def post(
    opened_by: urllib.request.OpenerDirector,
    url: str,
    content: bytes,
    headers: dict[str, str],
    seconds: float,
    max_bytes: int,
) -> Answer:
    """Send `content` and return the answer.

    Raises:
        NoAnswer: no connection, a broken one, more than `seconds` from the call to the last byte,
            or a body of more than `max_bytes`.
    """
    request = _Request(url, content, headers)
    request.watch = ConnectionWatch()
    with limited_time(request.watch, seconds):
        try:
            with opened_by.open(request, timeout=seconds) as response:
                body = _read(response, max_bytes)
                answer = Answer(response.status, response.headers, body)
        # URLError and time-outs are OSErrors; a broken header ends in a ValueError
        except (OSError, http.client.HTTPException, ValueError) as error:
            if not request.watch.expired:
                reason = getattr(error, "reason", None) or type(error).__name__
                raise NoAnswer(f"no answer ({reason})") from None
    # A connection that was shut looks like the end of a body without a stated length.
    if request.watch.expired:
        raise NoAnswer(f"no whole answer within {seconds:g} s")
    return answer


def _read(response: Any, max_bytes: int) -> bytes:
    """Return the body, read in blocks: memory never holds more than `max_bytes` and one block.

    Raises:
        NoAnswer: the body is longer, or shorter than its header says.
    """
    body = bytearray()
    while block := response.read(BLOCK_BYTES):
        body += block
        if len(body) > max_bytes:
            raise NoAnswer(f"the answer is longer than {max_bytes:,} bytes")
    # what is still to come, by the header
    if response.length:
        raise NoAnswer("the answer was cut short")
    return bytes(body)
