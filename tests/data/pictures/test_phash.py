from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.pictures.phash import hash_bits, nearest, nearest_within, phash

FIXTURES = Path(__file__).parents[2] / "fixtures" / "operators"


def rows():
    files = {
        row["id"]: row["images"][0]
        for row in map(json.loads, (FIXTURES / "images.jsonl").read_text().splitlines())
    }
    for row in map(json.loads, (FIXTURES / "hashes.jsonl").read_text().splitlines()):
        if (
            row["op"] == "image_deduplicator"
            and row["params"].get("method") == "phash"
            and row["input"] in files
        ):
            yield pytest.param(files[row["input"]], row["hash"], id=files[row["input"]])


@pytest.mark.parametrize(("file", "expected"), list(rows()))
def test_the_hash_is_data_juicers(file, expected):
    assert phash(decode_image((FIXTURES / file).read_bytes(), as_data_juicer=True)) == expected


def test_flat_pictures_share_one_hash():
    assert {phash(Image.new("RGB", (40, 30), color)) for color in ("white", "black", "gray")} == {
        "f" * 16
    }


def test_nearest_counts_differing_bits_and_names_the_first():
    distance, index = nearest(
        hash_bits(["00" * 8, "ff" * 8, "0f" * 8]), hash_bits(["01" * 8, "0f" * 8, "0f" * 8])
    )
    assert distance.tolist() == [8, 32, 0]
    assert index.tolist() == [0, 1, 1]


def test_nothing_is_near_when_there_is_nothing():
    distance, _ = nearest(hash_bits(["00" * 8]), np.array([], dtype=np.uint64))
    assert distance.tolist() == [65]


@pytest.mark.parametrize("limit", [-1, 0, 4, 10, 30])
def test_the_nearest_within_a_limit_are_those_of_a_comparison_of_each_with_each(limit):
    rng = np.random.default_rng(0)
    others = rng.integers(0, 2**64, 300, dtype=np.uint64)
    others[200:] = others[:100]
    bits = rng.integers(0, 2**64, 400, dtype=np.uint64)
    for row in range(300):
        # row % 12 bits apart, so on both sides of the limits
        flipped = rng.permutation(64)[: row % 12].astype(np.uint64)
        bits[row] = others[row] ^ np.bitwise_or.reduce(
            np.uint64(1) << flipped, initial=np.uint64(0)
        )
    distance, index = nearest(bits, others)
    far = distance > limit
    near_distance, near_index = nearest_within(bits, others, limit)
    assert np.array_equal(near_distance, np.where(far, 65, distance))
    assert np.array_equal(near_index, np.where(far, -1, index))
    assert (~far).sum() >= 25 * min(limit + 1, 12)


def test_nothing_is_near_within_a_limit_when_there_is_nothing():
    distance, index = nearest_within(hash_bits(["00" * 8]), np.array([], dtype=np.uint64), 4)
    assert (distance.tolist(), index.tolist()) == ([65], [-1])
