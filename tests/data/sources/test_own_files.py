"""Ids of all files differ, and pictures of two folders may have one name."""

import json
from pathlib import Path

import pytest
from support.default_settings import read_changed
from support.small_archives import picture_bytes

from bettersynth.data.sources.own_files import read_own_files
from bettersynth.errors import UserError


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("web", "own"):
        Path(name).mkdir()
        Path(name, "a.png").write_bytes(picture_bytes(1))


def read(names=None, **ids):
    sources = {}
    for name, given in ids.items():
        rows = [{"id": id, "text": f"a {name}", "images": ["a.png"]} for id in given]
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        sources[name] = {"source": "jsonl", "file": f"{name}.jsonl", "images": name}
    return read_own_files(read_changed("source", name="several", sources=sources), names)


def test_samples_bear_the_name_of_their_source():
    pairs, refused = read(web=["w", None], own=["o", None])
    assert [(pair.id, pair.source, pair.image_names) for pair in pairs] == [
        ("w", "web", ("web/a.png",)),
        ("web-row-00000002", "web", ("web/a.png",)),
        ("o", "own", ("own/a.png",)),
        ("own-row-00000002", "own", ("own/a.png",)),
    ]
    assert refused == []


def test_one_id_in_two_files_is_one_line():
    message = r"own.jsonl: 'x' is also the id of a sample of web.jsonl; ids of all sources must"
    with pytest.raises(UserError, match=message):
        read(web=["w", "x"], own=["x"])


def test_one_file_under_two_names_is_one_line():
    Path("again.jsonl").symlink_to("web.jsonl")
    own = {"source": "jsonl", "file": "web.jsonl", "images": "web"}
    sources = {"web": own, "again": own | {"file": "again.jsonl"}}
    Path("web.jsonl").write_text(json.dumps({"text": "a dog", "images": ["a.png"]}) + "\n")
    with pytest.raises(UserError, match="web and again both take again.jsonl"):
        read_changed("source", name="several", sources=sources)


def test_some_sources_alone_can_be_read():
    pairs, _ = read(["own"], web=["x"], own=["x"])
    assert [pair.source for pair in pairs] == ["own"]
