"""The pool is the packages', or the user's own with the packages' other splits beside."""

import json
from pathlib import Path

import pytest
from support.default_settings import default_settings
from support.small_archives import picture_bytes, write_clipart_archives, write_emoji_archives

from bettersynth.data.files.writing import write_json
from bettersynth.data.pool.gathering import gather
from bettersynth.data.tables.archives import ARCHIVES, MANIFEST
from bettersynth.errors import UserError

SETTINGS = default_settings(
    "pool", clipart=default_settings("pool.clipart", openclipart_pool=3, tuxpaint_pool=1)
)
OWN = default_settings("source", name="jsonl", file="pairs.jsonl", images=".", packages=())


@pytest.fixture(autouse=True)
def archives(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ARCHIVES.mkdir(parents=True)
    paths = write_emoji_archives(ARCHIVES) | write_clipart_archives(ARCHIVES)
    entries = [{"file": path.name, "package": name} for name, path in paths.items()]
    write_json(MANIFEST, {"source": "clipart", "files": entries})
    Path("a.jpg").write_bytes(picture_bytes(1, "JPEG"))
    rows = [{"id": "mine", "text": "a dog", "images": ["a.jpg"]}, {"id": "none", "text": "x"}]
    Path("pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_packages_fill_every_split_and_pairs_come_by_id():
    pairs, refused = gather(
        default_settings("source", name="clipart", file="x.yaml", packages=()), SETTINGS
    )
    assert {pair.split for pair in pairs} == {"benchmark", "instruction", "pool", "reference"}
    assert [pair.id for pair in pairs] == sorted(pair.id for pair in pairs)
    assert refused == []


def test_the_users_pairs_are_the_pool_and_all_clip_art_is_for_the_reference():
    pairs, refused = gather(OWN, SETTINGS)
    assert [pair.id for pair in pairs if pair.split == "pool"] == ["mine"]
    clip_art = [pair for pair in pairs if pair.source in ("openclipart", "tuxpaint")]
    assert {pair.split for pair in clip_art} == {"reference"}
    assert [(one.id, one.reason) for one in refused] == [("none", "no image")]


def test_without_packages_the_users_pairs_are_all():
    write_json(MANIFEST, {"source": "jsonl", "files": []})
    pairs, _ = gather(OWN, SETTINGS)
    assert [pair.id for pair in pairs] == ["mine"]


def test_nothing_fetched_is_told_before_the_users_pairs_are_read():
    MANIFEST.unlink()
    Path("pairs.jsonl").write_text("no json")
    with pytest.raises(UserError, match="run `snakemake --cores all data/archives`"):
        gather(OWN, SETTINGS)
