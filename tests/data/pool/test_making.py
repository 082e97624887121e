"""What is planted in the pool, and what a sample's row says."""

from support.default_settings import default_settings

from bettersynth.data.pool.making import PLANTED_SHARE, planted_share, sample_row
from bettersynth.data.sources.pair import Pair, Picture, StoredImage
from bettersynth.data.tables.samples import SAMPLE_SCHEMA


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
