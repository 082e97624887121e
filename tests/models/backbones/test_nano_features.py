"""Pooled features come from the store where the upright picture is in it, else from the towers."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import Images
from bettersynth.models.backbones import nano_features
from bettersynth.models.backbones.nano_features import nano_pooled


def png(left: int, right: int) -> bytes:
    stream = io.BytesIO()
    picture = Image.new("RGB", (8, 4), (left, 0, 0))
    picture.paste((right, 0, 0), (4, 0, 8, 4))
    picture.save(stream, "PNG")
    return stream.getvalue()


FILES = {"stored.png": png(10, 20), "new.png": png(30, 40)}


class SumTowers:
    """Features that say which pixels came in: the value at the left edge, for every channel."""

    def features_of_pixels(self, pixels: np.ndarray) -> SumTowers:
        middle = pixels[:, pixels.shape[1] // 2, 0, 0]
        self.pooled = np.repeat(middle[:, None].astype(np.float32), 1280, axis=1)
        return self


@pytest.fixture
def images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    index = pa.table({"sha256": [sha256_of_bytes(FILES["stored.png"])]})
    write_table("data/features/index.parquet", index)
    np.save("data/features/pooled.npy", np.full((1, 1280), 7, dtype=np.float32))
    nano_features._store.cache_clear()
    monkeypatch.setattr(nano_features, "_towers", SumTowers)
    yield Images(lambda name: FILES[name])
    nano_features._store.cache_clear()


def test_a_stored_picture_is_looked_up_and_another_computed_in_the_order_asked(images):
    pooled = nano_pooled(images, ["new.png", "stored.png", "new.png"])
    assert pooled.dtype == np.float32
    assert pooled.shape == (3, 1280)
    assert pooled[:, 0].tolist() == [30, 7, 30]


def test_a_mirrored_picture_is_computed_though_its_upright_one_is_stored(images):
    pooled = nano_pooled(images, ["stored.png"], Flips(mirror=True))
    assert pooled[0, 0] == 20


def test_without_a_store_everything_is_computed(images, tmp_path):
    (tmp_path / "data/features/index.parquet").unlink()
    nano_features._store.cache_clear()
    assert nano_pooled(images, ["stored.png"])[0, 0] == 10
