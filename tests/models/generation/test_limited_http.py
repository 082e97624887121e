"""Servers that misbehave byte by byte: plain sockets stand for them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from bettersynth.models.generation.limited_http import Answer, NoAnswer, opener, post

OK = b"HTTP/1.0 200 OK\r\n"


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def ask(parts: Iterator[bytes], seconds: float = 5.0, max_bytes: int = 1000) -> Answer:
    """Ask a server that sends these parts once it has read something."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connected, _ = listening.accept()
        with connected, contextlib.suppress(OSError):
            connected.recv(1 << 16)
            for part in parts:
                connected.sendall(part)
            # what is closed with words unread is reset, and the client may lose the answer
            connected.shutdown(socket.SHUT_WR)
            while connected.recv(1 << 16):
                pass

    threading.Thread(target=serve, daemon=True).start()
    with listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        return post(opener(), url, b"{}", {}, seconds, max_bytes)


def slowly(start: bytes, part: bytes) -> Iterator[bytes]:
    yield start
    while True:
        time.sleep(0.02)
        yield part


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (OK + b"\r\n", b" "),
        (b"HTTP/1.0 20", b"0"),
        (OK + b"X: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"", b""),
    ],
)
def test_a_server_that_drips_is_left_after_the_time_out(start, part):
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no whole answer within 0\.3 s|no answer \(TimeoutError"):
        ask(slowly(start, part), seconds=0.3)
    assert time.monotonic() - began < 2


def test_a_body_is_read_no_further_than_its_limit():
    def endless() -> Iterator[bytes]:
        yield OK + b"\r\n"
        while True:
            yield b" " * 2000

    with pytest.raises(NoAnswer, match=r"longer than 1,000 bytes"):
        ask(endless())


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (b"", r"no answer \(Remote"),
        (b"nonsense\r\n\r\n", r"no answer \(BadStatusLine\)"),
        (OK + b"Content-Length: 99\r\n\r\nshort", "the answer was cut short"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx", "no answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx", r"\(IncompleteRead\)"),
        (OK + b"X: y\r\n" * 200 + b"\r\n", "no answer"),
    ],
)
def test_what_is_no_whole_answer_is_told(sent, message):
    with pytest.raises(NoAnswer, match=message):
        ask(iter([sent]))


def test_an_answer_of_any_status_comes_back_and_no_redirect_is_followed():
    assert ask(iter([OK + b"\r\nfine"])).body == b"fine"
    moved = b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\nmoved"
    answer = ask(iter([moved]))
    assert (answer.status, answer.body) == (302, b"moved")
    assert answer.headers["Location"] == "file:///etc/passwd"
