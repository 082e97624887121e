"""What is planted in the pool, and what a sample's row says."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.default_settings import default_settings, read_changed
from support.several_sources import SOURCES, write_sources
from support.small_pool import write_params

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.writing import write_json
from bettersynth.data.pool.making import (
    PLANTED_SHARE,
    planted_share,
    require_usable,
    sample_row,
    swappable,
    without_pictures_of_earlier_sources,
)
from bettersynth.data.sources.pair import Pair, Picture, StoredImage
from bettersynth.data.tables.archives import MANIFEST
from bettersynth.data.tables.rejects import Refused
from bettersynth.data.tables.samples import POOL_IMAGES, SAMPLE_SCHEMA, SEVERAL_SCHEMA
from bettersynth.errors import UserError
from bettersynth.steps import pool


def test_half_is_planted_in_packages_and_nothing_among_the_users_pairs_unless_asked():
    packages = default_settings("source", name="emoji", file="x.yaml", packages=())
    own = default_settings("source", name="jsonl", file="x.jsonl", packages=())
    assert planted_share(packages, default_settings("pool")) == PLANTED_SHARE == 0.5
    assert planted_share(own, default_settings("pool")) == 0.0
    assert planted_share(own, default_settings("pool", planted_share=0.3)) == 0.3
    assert planted_share(packages, default_settings("pool", planted_share=0.0)) == 0.0


def test_a_row_lists_what_is_known_of_every_picture_in_order():
    pictures = (Picture("b", "photo"), Picture("a", "photo"))
    images = {
        "a": StoredImage("sha a", 10, 1, 2, "aa"),
        "b": StoredImage("sha b", 20, 3, 4, "bb"),
    }
    pair = Pair("id", "own text", pictures, "pool", "source", "style", "concept", "group")
    row = sample_row(pair, "a planted text", images)
    assert list(row) == SAMPLE_SCHEMA.names
    assert (row["images"], row["image_sha256"]) == (["b", "a"], ["sha b", "sha a"])
    assert (row["width"], row["height"], row["size_bytes"]) == ([3, 1], [4, 2], [20, 10])
    assert row["text"] == "a planted text"


OWN = {"source": "jsonl", "file": "own.jsonl", "images": "own"}
SEVERAL = read_changed(
    "source", name="several", sources={"web": {"source": "packages"}, "own": OWN}
)


def pair(id: str, source: str, split: str = "pool") -> Pair:
    return Pair(id, "text", (), split, source, source)


def test_of_several_sources_the_packages_captions_are_swapped_and_yours_if_asked():
    pairs = [pair("a", "web"), pair("b", "own"), pair("c", "web", "reference")]
    assert planted_share(SEVERAL, default_settings("pool")) == 0.5
    assert swappable(pairs, SEVERAL, default_settings("pool")) == [pairs[0]]
    assert swappable(pairs, SEVERAL, default_settings("pool", planted_share=0.2)) == pairs[:2]


def test_a_large_source_hides_no_broken_small_one():
    pairs = [pair(f"w{number}", "web") for number in range(90)]
    pairs += [pair(f"o{number}", "own") for number in range(3)]
    none = [Refused("o9", (), "no image", "own")]
    require_usable(SEVERAL, pairs, none, none, max_share=0.25)
    bad = [*none, Refused("o0", (), "flat picture", "own")]
    with pytest.raises(UserError, match="2 of 4 pairs of own are unusable"):
        require_usable(SEVERAL, pairs, none, bad, max_share=0.25)
    alone = default_settings("source")
    require_usable(alone, pairs, [], [Refused("o0", (), "flat picture")], max_share=0.25)


def test_several_sources_have_columns_of_their_own():
    assert list(sample_row(pair("a", "web"), "text", {}, several=True)) == SEVERAL_SCHEMA.names


def test_captions_of_a_picture_that_an_earlier_source_has_are_dropped_and_conversations_stay():
    images = {name: StoredImage("same", 1, 8, 8, "00" * 8) for name in ("w", "o", "a")}
    pairs = []
    for name, of, kind in (("o", "own", "caption"), ("w", "web", "caption"), ("a", "asked", "x")):
        picture = (Picture(name, "photo"),)
        pairs.append(Pair(name, "x", picture, "pool", of, "x", type=kind))
    kept, dropped = without_pictures_of_earlier_sources(pairs, images, 4, SEVERAL)
    assert [pair.id for pair in kept] == ["w", "a"]
    (one,) = dropped
    assert (one.id, one.source) == ("o", "own")
    assert one.reason == "picture of an earlier source: w of web"


def make_pool_of(*names: str) -> dict[str, str]:
    """Make the pool of some sources; return the sha256 of each file of its pictures."""
    write_json(MANIFEST, {"source": "several", "files": []})
    sources = {name: SOURCES[name] for name in names}
    write_params(source={"name": "several", "embedded": False, "sources": sources}, pool={})
    pool.main()
    return {path.name: sha256_of_file(path) for path in POOL_IMAGES.iterdir()}


def stored_objects() -> set[str]:
    """Return what DVC's cache holds."""
    dvc = str(Path(sys.executable).parent / "dvc")
    subprocess.run([dvc, "add", "--quiet", POOL_IMAGES], check=True, capture_output=True)
    return {path.name for path in Path(".dvc/cache/files/md5").rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_second_source_adds_shards_and_dvc_stores_those_and_the_index_alone(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    dvc = str(Path(sys.executable).parent / "dvc")
    subprocess.run([dvc, "init", "--quiet", "--no-scm"], check=True, capture_output=True)
    write_sources()
    before = make_pool_of("web")
    stored = stored_objects()
    after = make_pool_of("web", "asked")
    assert after.keys() - before.keys() == {"asked-00000.tar"}
    assert after["web-00000.tar"] == before["web-00000.tar"]
    # its shard, index, names, list of shards, and DVC's list of the folder
    assert len(stored_objects() - stored) == 5
