"""64 bits that are close where texts are."""

from __future__ import annotations

from hashlib import md5

from bettersynth.measuring.text.simhash import simhash


def test_one_shingle_is_the_head_of_its_md5():
    assert simhash([b"a dog"]) == int.from_bytes(md5(b"a dog").digest()[:8], "big")


def test_a_bit_is_set_by_more_than_half_of_the_shingles():
    first, second = (simhash([shingle]) for shingle in (b"a", b"b"))
    assert simhash([b"a", b"b"]) == first & second
    assert simhash([b"a", b"b", b"a"]) == first


def test_no_shingles_are_0():
    assert simhash([]) == 0
