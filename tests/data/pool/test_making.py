"""What is planted in the pool, and what a sample's row says."""

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.data.pool.making import (
    PLANTED_SHARE,
    planted_share,
    require_usable,
    sample_row,
    swappable,
    without_pictures_of_earlier_sources,
)
from bettersynth.data.sources.pair import Pair, Picture, StoredImage
from bettersynth.data.tables.rejects import Refused
from bettersynth.data.tables.samples import SAMPLE_SCHEMA, SEVERAL_SCHEMA
from bettersynth.errors import UserError


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
