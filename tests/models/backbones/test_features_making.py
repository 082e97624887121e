"""Features of every distinct image, the same bytes however many workers write them."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes, sha256_of_file
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.models.backbones.distinct_images import find_images
from bettersynth.models.backbones.features_making import write_features, write_no_features
from bettersynth.models.backbones.lite0_towers import Lite0Towers
from bettersynth.models.backbones.lite0_weights import (
    convert_weights,
    package_weights,
    save_towers,
)


def png(color: int, width: int = 40, height: int = 24) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (color, 90, 255 - color)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_images("pool_images", [(f"{k}.png", png(k)) for k in range(70)])
    write_images("boards", [("again.png", png(3)), ("new.png", png(200))])
    encoded = base64.b64encode(png(201)).decode()
    Path("mmbench.tsv").write_text(f"index\timage\n5\t{encoded}\n1000005\t5\n")
    return tmp_path


def test_two_workers_write_the_bytes_that_one_writes(folder: Path) -> None:
    save_towers(
        "towers", convert_weights(torch.load(package_weights(), weights_only=True)), source="a test"
    )
    places = find_images([Path("pool_images"), Path("boards")], [Path("mmbench.tsv")])
    write_features(places, Path("towers"), Path("one"), workers=1)
    write_features(places, Path("towers"), Path("two"), workers=2)
    files = sorted(path.name for path in Path("one").iterdir())
    assert files == ["high_res.npy", "index.parquet", "low_res.npy", "pooled.npy"]
    assert [sha256_of_file(Path("one") / name) for name in files] == [
        sha256_of_file(Path("two") / name) for name in files
    ]
    store = FeatureStore("one")
    row = store.row(sha256_of_bytes(png(7)))
    expected = Lite0Towers.load("towers").features([Image.open(io.BytesIO(png(7)))])
    assert np.array_equal(store.pooled([row]), expected.pooled)
    assert np.array_equal(store.low_res([row]), expected.low_res)
    assert np.array_equal(store.high_res([row]), expected.high_res)


def test_a_broken_image_is_named(folder: Path) -> None:
    save_towers(
        "towers", convert_weights(torch.load(package_weights(), weights_only=True)), source="a test"
    )
    write_images("broken", [("bad.png", png(1)[:60])])
    with pytest.raises(UserError, match=r"broken: image bad\.png"):
        write_features(
            find_images([Path("broken")], []), Path("towers"), Path("features"), workers=1
        )
    assert not (Path("features") / "index.parquet").exists()


def test_towers_that_see_the_pictures_leave_an_index_without_rows(folder: Path) -> None:
    Path("manifest.json").write_text('{"vision_tower": {}}')
    write_no_features(Path("manifest.json"), Path("features"))
    assert len(FeatureStore("features")) == 0
    assert Path("features/towers.json").read_text() == '{"vision_tower": {}}'
