"""A picture is in one split alone, and the earlier split keeps it."""

from bettersynth.data.pool.near_duplicates import duplicates_of_earlier_sources, find_duplicates
from bettersynth.data.sources.pair import Pair, Picture, StoredImage


def stored(phash: str, sha: str = "") -> StoredImage:
    return StoredImage(sha or phash, 1, 8, 8, phash)


def test_the_later_split_loses_a_near_duplicate_and_the_pool_keeps_its_own():
    places = {
        "p1": "pool",
        "p2": "pool",
        "b": "benchmark",
        "r1": "reference",
        "r2": "reference",
        "r3": "reference",
        "i": "instruction",
    }
    images = {
        "b": stored("00" * 8),
        "i": stored("ff" * 8),
        "p1": stored("00" * 7 + "0f"),
        "p2": stored("0f" * 8),
        "r1": stored("0f" * 7 + "0e"),
        "r2": stored("33" * 8, "same"),
        "r3": stored("33" * 8, "same"),
    }
    pairs = [
        Pair(name, "x", (Picture(name, "photo"),), split, "x", "x")
        for name, split in places.items()
    ]
    near = "near-duplicate of a picture in another split"
    assert find_duplicates(pairs, images, 4) == {
        "p1": near,
        "r1": near,
        "r3": "same picture twice in the reference split",
    }
    assert set(find_duplicates(pairs, images, -1)) == {"r3"}
    assert set(find_duplicates(pairs, images | {"r1": images["p2"]}, -1)) == {"r1", "r3"}


def test_the_source_that_is_named_first_keeps_a_picture_of_two():
    images = {
        "w1": stored("00" * 8),
        "w2": stored("00" * 8),
        "o1": stored("00" * 7 + "01"),
        "o2": stored("ff" * 8),
        "c1": stored("ff" * 8),
        # near o1, which is gone, and too far from w1
        "c2": stored("00" * 7 + "1f"),
    }
    pairs = []
    for name in images:
        picture = (Picture(name, "photo"),)
        pairs.append(Pair(name, "x", picture, "pool", name[0], "x"))

    def dropped(bits, *sources):
        return duplicates_of_earlier_sources(pairs, images, bits, sources)

    earlier = "picture of an earlier source"
    assert dropped(4, "w", "o", "c") == {"o1": f"{earlier}: w1 of w", "c1": f"{earlier}: o2 of o"}
    assert dropped(4, "c", "o", "w") == {
        "o1": f"{earlier}: c2 of c",
        "o2": f"{earlier}: c1 of c",
    }
    assert dropped(-1, "o", "w", "c") == {"c1": f"{earlier}: o2 of o"}
    assert dropped(4) == {}


def test_a_pair_is_refused_for_any_of_its_pictures_and_shuts_nothing_out():
    images = {
        "b": stored("00" * 8),
        "p1": stored("00" * 8),
        "p2": stored("f0" * 8),
        "r": stored("f0" * 8),
    }
    pictures = {name: Picture(name, "photo") for name in images}
    pairs = [
        Pair("b", "x", (pictures["b"],), "benchmark", "x", "x"),
        Pair("p", "x", (pictures["p2"], pictures["p1"]), "pool", "x", "x"),
        Pair("r", "x", (pictures["r"],), "reference", "x", "x"),
    ]
    assert find_duplicates(pairs, images, 4) == {"p": "same picture in another split"}
