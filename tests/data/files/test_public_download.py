"""Downloads of what a data set names, from a real server that misbehaves."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from support.file_server import CONTENT, FileServer, serving

from bettersynth.data.files.public_download import NoDownload, download


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with serving() as server:
        yield server


def fetch(url: str, allow_private: bool = True, max_bytes: int = 1000) -> bytes:
    return download(url, 0.5, max_bytes, allow_private)


def test_content_comes_whole_also_by_a_redirect(files: FileServer) -> None:
    assert fetch(files.url("ok a.png?x=1 2")) == CONTENT + b"/ok%20a.png?x=1%202"
    assert fetch(files.url("moved")) == CONTENT + b"/ok.png"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("gone", "HTTP 404"),
        ("cut", "the answer was cut short"),
        ("round", "more than 5 redirects"),
        ("away", "only http and https are downloaded, not file"),
        ("slow", "no whole answer within 0.5 s"),
    ],
)
def test_what_is_no_whole_file_is_told(files: FileServer, path: str, reason: str) -> None:
    start = time.monotonic()
    with pytest.raises(NoDownload, match=reason):
        fetch(files.url(path))
    assert time.monotonic() - start < 5


def test_a_file_that_is_too_long_is_not_read_to_its_end(files: FileServer) -> None:
    with pytest.raises(NoDownload, match="more than 100 bytes"):
        fetch(files.url("ok"), max_bytes=100)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254", "0.0.0.0"]
)
def test_a_machine_of_the_own_network_is_not_asked(host: str) -> None:
    with pytest.raises(NoDownload, match=r"no public address \(allow_private\)"):
        fetch(f"http://{host}:9/a", allow_private=False)


def test_a_redirect_to_the_own_network_is_not_followed(
    files: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bettersynth.data.files.public_download as module

    checked: list[str] = []

    def first_only(host: str, port: int, allow_private: bool) -> str:
        checked.append(host)
        if len(checked) > 1:
            raise NoDownload("no public address")
        return "127.0.0.1"

    monkeypatch.setattr(module, "_checked_address", first_only)
    with pytest.raises(NoDownload, match="no public address"):
        fetch(files.url("moved"), allow_private=False)
    assert len(checked) == 2


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://a.org/b", "gopher://a"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(NoDownload, match="only http and https"):
        fetch(url)


def test_nobody_there_is_told() -> None:
    with pytest.raises(NoDownload, match="it names no host"):
        fetch("http:///x")
    with pytest.raises(NoDownload, match="no answer"):
        fetch("http://127.0.0.1:1/a")
