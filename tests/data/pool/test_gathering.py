"""The pool is the packages', or the user's own with the packages' other splits beside."""

import json
from pathlib import Path

import pytest
from support.default_settings import default_settings, read_changed
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


def several(**sources):
    return read_changed("source", name="several", packages=[], sources=sources)


def test_the_packages_pictures_are_parted_among_sources_beside_the_users_own():
    source = several(
        titles={"source": "packages", "of": ["openclipart", "openmoji"]},
        sentences={"source": "packages", "of": ["tuxpaint"], "judged": False},
        mine={"source": "jsonl", "file": "pairs.jsonl", "images": "."},
        asked={"source": "questions", "type": "instruction"},
        named={"source": "questions", "type": "text", "split": "instruction"},
    )
    pairs, refused = gather(source, SETTINGS)
    pool = [pair for pair in pairs if pair.split == "pool"]
    # fluent's pictures belong to no source
    assert {pair.source for pair in pool} == {"titles", "sentences", "mine", "asked"}
    styles = {pair.style for pair in pool if pair.source == "titles"}
    assert styles == {"openclipart", "openmoji"}
    assert {pair.judged for pair in pool if pair.source == "sentences"} == {False}
    assert [pair.image_names for pair in pool if pair.id == "mine"] == [("mine/a.jpg",)]
    assert all(pair.split == "instruction" for pair in pairs if pair.source == "named")
    others = [pair for pair in pairs if pair.split == "benchmark"]
    assert others and all(pair.source == pair.style for pair in others)
    assert [(one.id, one.source) for one in refused] == [("none", "mine")]


def test_a_source_that_gives_nothing_is_told():
    settings = default_settings("pool.clipart", openclipart_pool=3, tuxpaint_pool=0)
    source = several(
        rest={"source": "packages", "of": ["openclipart"]},
        empty={"source": "packages", "of": ["tuxpaint"]},
    )
    with pytest.raises(UserError, match="source.sources.empty gives no sample"):
        gather(source, default_settings("pool", clipart=settings))
