from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.pictures.phash import hash_bits, nearest, phash

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
