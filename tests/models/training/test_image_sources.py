from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import torch

from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.tables.feature_store import FeatureStore, write_index
from bettersynth.errors import UserError
from bettersynth.models.architecture.image_pipeline import ImagePipeline
from bettersynth.models.training.image_sources import (
    CachedFeatures,
    Pixels,
    image_hashes,
    image_source,
)


def test_cached_features_come_in_the_order_asked_for_and_none_is_zeros(tmp_path):
    write_table(tmp_path / "index.parquet", pa.table({"sha256": ["a", "b"]}))
    np.save(tmp_path / "low_res.npy", np.arange(2 * 4 * 3, dtype=np.float16).reshape(2, 4, 3))
    np.save(tmp_path / "high_res.npy", np.ones((2, 4, 4, 2), dtype=np.float16))
    batch = CachedFeatures(FeatureStore(tmp_path), {"x.png": "b", "y.png": "a"})(
        ["x.png", None, "y.png"]
    )
    assert batch["low_res"].dtype == torch.float32
    assert batch["low_res"][:, 0, 0].tolist() == [12, 0, 0]
    assert batch["high_res"].sum((1, 2, 3)).tolist() == [32, 0, 32]


def test_hashes_come_from_the_table_or_the_bytes(tmp_path):
    write_table(
        tmp_path / "samples.parquet",
        pa.table({"images": [["a.png"]], "image_sha256": [["hash of a"]]}),
    )
    write_images(tmp_path / "images", [("b.png", b"")])
    hashes = image_hashes(["a.png", "b.png"], tmp_path / "samples.parquet", tmp_path / "images")
    assert hashes == {
        "a.png": "hash of a",
        "b.png": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
    with pytest.raises(UserError, match=r"c.png is in none of"):
        image_hashes(["c.png"], tmp_path / "samples.parquet", tmp_path / "images")


def test_a_picture_that_nobody_has_ends_the_run_before_it_starts(tmp_path):
    write_table(tmp_path / "index.parquet", pa.table({"sha256": ["a"]}))
    source = CachedFeatures(FeatureStore(tmp_path), {"x.png": "a", "y.png": "gone"})
    with pytest.raises(UserError, match="gone"):
        source.require_all()
    with pytest.raises(UserError, match="image z.png of the training rows is neither"):
        source(["z.png"])


def test_a_broken_picture_is_named(tmp_path):
    write_images(tmp_path / "images", [("broken.png", b"no picture")])
    source = Pixels(ImageStore(tmp_path / "images"), ImagePipeline(16, 64))
    with pytest.raises(UserError, match="broken.png: "):
        source(["broken.png"])


def test_the_features_of_new_pictures_are_found_beside_the_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder, sha256, value in [("data/features", "a", 1), ("data/draw/features", "b", 2)]:
        write_index(Path(folder), [sha256])
        np.save(Path(folder, "low_res.npy"), np.full((1, 4, 3), value, dtype=np.float16))
        np.save(Path(folder, "high_res.npy"), np.full((1, 4, 4, 2), value, dtype=np.float16))
    samples = {"images": [["a.png"], ["drawn/b.png"]], "image_sha256": [["a"], ["b"]]}
    write_table("data/pool/samples.parquet", pa.table(samples))
    source = image_source(SimpleNamespace(vision_tower=None), ["a.png", "drawn/b.png"], "pad")
    batch = source(["drawn/b.png", "a.png", None])
    assert batch["low_res"][:, 0, 0].tolist() == [2, 1, 0]
    assert batch["high_res"][:, 0, 0, 0].tolist() == [2, 1, 0]
