"""Samples on their way to a worker."""

from bettersynth.data.samples.batch import Batch, ImageFacts, Images
from bettersynth.measuring.shards import shard_of

FACTS = {name: ImageFacts(name * 64, 3, 2, 10, "") for name in "abc"}


def test_a_shard_knows_of_its_own_pictures_alone():
    batch = Batch(["one", "two", "three"], [["a"], ["b", "c"], ["d"]], Images(str.encode, FACTS))
    shard = shard_of(batch, [1, 2])
    assert (shard.texts, shard.images) == (["two", "three"], [["b", "c"], ["d"]])
    assert set(shard.facts) == {"b", "c"}
    rest = shard.take([1])
    assert (len(rest), rest.facts) == (1, {})


def test_a_divided_shard_carries_no_other_rule():
    batch = Batch(["one", "two"], [["a"], ["b"]], Images(str.encode, FACTS))
    shard = shard_of(batch, [0, 1], [{0, 1}])
    assert shard.wanted == [{0, 1}]
    assert shard.take([0, 1]).wanted == ()
