from __future__ import annotations

import functools
import http.server
import io
import json
import tarfile
import threading

import pytest

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.sources.better_synth import download, lift, unpack
from bettersynth.errors import UserError
from bettersynth.settings.one_source import Download

CONTENT = bytes(range(256)) * 2000


class Server(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT: breaks off the first answers as often as told, knows ranges unless told
    otherwise.
    """

    requests: list[str | None]
    breaks: int
    ranges: bool
    versions: list[tuple[bytes, str]]  # content and ETag; the last stays
    heeds_condition: bool

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.requests.append(asked)
        if self.path != "/data/seed.bin":
            self.send_error(404)
            return
        content, etag = self.versions[min(len(self.requests), len(self.versions)) - 1]
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        if self.heeds_condition and self.headers.get("If-Range") != etag:
            start = 0
        if start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("ETag", etag)
            self.end_headers()
            return
        body = content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if len(self.requests) <= self.breaks:
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def serve():
    servers = []

    def start(breaks=0, ranges=True, versions=((CONTENT, '"one"'),), heeds_condition=True):
        told = {"breaks": breaks, "ranges": ranges, "versions": versions}
        told |= {"requests": [], "heeds_condition": heeds_condition}
        handler = type("Handler", (Server,), told)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        fetch = functools.partial(
            download, f"http://127.0.0.1:{server.server_port}/", pause_seconds=0
        )
        return fetch, handler.requests

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_broken_transfer_is_resumed_where_it_stopped(serve, tmp_path):
    fetch, requests = serve(breaks=2)
    path = fetch(Download("data/seed.bin", sha256_of_bytes(CONTENT)), tmp_path)
    assert path.read_bytes() == CONTENT
    half = len(CONTENT) // 2
    assert requests == [None, f"bytes={half}-", f"bytes={half + half // 2}-"]
    assert [file.name for file in tmp_path.iterdir()] == ["seed.bin"]


def test_a_server_without_ranges_makes_it_start_over(serve, tmp_path):
    fetch, _ = serve(breaks=1, ranges=False)
    assert fetch(Download("data/seed.bin"), tmp_path).read_bytes() == CONTENT


def begun(folder, content, size, etag='"one"'):
    """Leave what a broken transfer leaves."""
    (folder / "seed.bin.part").write_bytes(content)
    version = {"etag": etag, "modified": "", "size": size}
    (folder / "seed.bin.part.version.json").write_text(json.dumps(version))


OTHER = CONTENT[::-1]  # as long as the first version


@pytest.mark.parametrize("heeds_condition", [True, False])
@pytest.mark.parametrize("other", [OTHER, OTHER + b"more", OTHER[:-9], OTHER[:9]])
def test_two_versions_of_a_file_are_never_joined(serve, tmp_path, other, heeds_condition):
    fetch, requests = serve(1, True, ((CONTENT, '"one"'), (other, '"two"')), heeds_condition)
    assert fetch(Download("data/seed.bin"), tmp_path).read_bytes() == other
    assert requests[1] == f"bytes={len(CONTENT) // 2}-"


@pytest.mark.parametrize("etag", ["", 'W/"one"'])
def test_without_a_sign_of_its_version_a_file_is_begun_anew(serve, tmp_path, etag, capsys):
    fetch, requests = serve(1, True, ((CONTENT, etag), (OTHER, etag)))
    assert fetch(Download("data/seed.bin"), tmp_path).read_bytes() == OTHER
    assert requests == [None, None]
    assert "nothing says of which version" in capsys.readouterr().out


def test_what_an_older_program_began_is_begun_anew(serve, tmp_path):
    (tmp_path / "seed.bin.part").write_bytes(OTHER[:1000])
    fetch, requests = serve()
    assert fetch(Download("data/seed.bin"), tmp_path).read_bytes() == CONTENT
    assert requests == [None]


def test_a_transfer_that_was_complete_but_for_its_name_is_taken(serve, tmp_path):
    begun(tmp_path, CONTENT, len(CONTENT))
    fetch, requests = serve()
    assert fetch(Download("data/seed.bin"), tmp_path).read_bytes() == CONTENT


def test_a_partial_file_longer_than_the_servers_is_fetched_again(serve, tmp_path):
    begun(tmp_path, CONTENT + b"more", len(CONTENT) + 4)
    fetch, _ = serve()
    assert fetch(Download("data/seed.bin"), tmp_path).read_bytes() == CONTENT


def test_what_is_there_is_not_downloaded_again(serve, tmp_path):
    (tmp_path / "seed.bin").write_bytes(b"by hand")
    fetch, requests = serve()
    assert fetch(Download("data/seed.bin"), tmp_path).read_bytes() == b"by hand"
    assert requests == []


def test_another_hash_than_the_pinned_one_is_refused(serve, tmp_path):
    fetch, _ = serve()
    with pytest.raises(UserError, match="expected is 00; delete it"):
        fetch(Download("data/seed.bin", "00"), tmp_path)


def test_a_file_that_is_not_there_is_asked_for_once(serve, tmp_path):
    fetch, requests = serve()
    with pytest.raises(
        UserError, match=r"data/none\.bin could not be downloaded .*; put none\.bin into"
    ):
        fetch(Download("data/none.bin"), tmp_path)
    assert len(requests) == 1


def test_a_server_that_always_breaks_off_ends_in_one_clear_error(serve, tmp_path):
    fetch, requests = serve(breaks=99)
    with pytest.raises(UserError, match="could not be downloaded"):
        fetch(Download("data/seed.bin"), tmp_path)
    assert len(requests) == 5


def tarball(path, **members):
    with tarfile.open(path, "w:gz") as tar:
        for name, (kind, target) in members.items():
            member = tarfile.TarInfo(target if kind == "at" else name)
            if kind in ("sym", "hard"):
                member.type = tarfile.SYMTYPE if kind == "sym" else tarfile.LNKTYPE
                member.linkname = target
                tar.addfile(member)
            else:
                member.size = 3
                tar.addfile(member, io.BytesIO(b"abc"))
    return path


def test_the_files_of_a_tarball_are_unpacked(tmp_path):
    path = tarball(tmp_path / "a.tar.gz", one=("file", ""), two=("at", "images/00/two.jpg"))
    assert unpack(path, tmp_path / "out") == 2
    assert (tmp_path / "out/images/00/two.jpg").read_bytes() == b"abc"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("at", "../out.txt"),
        ("at", "/out.txt/../../x"),
        ("sym", "/etc/passwd"),
        ("sym", "ok.txt"),
        ("hard", "/etc/passwd"),
    ],
)
def test_a_tarball_that_reaches_out_is_refused(tmp_path, kind, target):
    path = tarball(tmp_path / "a.tar.gz", bad=(kind, target))
    (tmp_path / "deep").mkdir()
    with pytest.raises(UserError, match="it was refused"):
        unpack(path, tmp_path / "deep" / "out")
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["a.tar.gz"]


def test_half_a_tarball_is_one_clear_error(tmp_path):
    path = tarball(tmp_path / "a.tar.gz", one=("file", ""))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match="not a complete archive"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize(
    "packed",
    [
        "images/a.jpg",
        "pretrain_stage_1/images/a.jpg",
        "pretrain_stage_1/pretrain_stage_1/images/a.jpg",
    ],
)
def test_a_tarballs_own_folder_is_taken_away_where_the_pairs_do_not_name_it(packed, tmp_path):
    named = packed.removeprefix("pretrain_stage_1/")
    (tmp_path / "pairs.jsonl").write_text(f'{{"images": ["{named}"]}}\n')
    target = tmp_path / "unpacked" / packed
    target.parent.mkdir(parents=True)
    target.write_bytes(b"picture")
    for _ in range(2):
        lift(tmp_path / "unpacked", tmp_path / "pairs.jsonl")
        assert (tmp_path / "unpacked" / named).read_bytes() == b"picture"
    assert [path.name for path in (tmp_path / "unpacked").rglob("*") if path.is_file()] == ["a.jpg"]
