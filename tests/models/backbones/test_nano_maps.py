"""Feature maps come from the store where the picture is in it, else from the towers."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.batch import Images
from bettersynth.models.backbones import nano_maps as module
from bettersynth.models.backbones.nano_maps import nano_maps


def png(red: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 4), (red, 0, 0)).save(stream, "PNG")
    return stream.getvalue()


FILES = {"stored.png": png(10), "new.png": png(30)}


class RedTowers:
    """Features that say how red a picture is."""

    def features(self, pictures):
        red = np.array([picture.getpixel((0, 0))[0] for picture in pictures], dtype=np.float16)
        low_res = np.broadcast_to(red[:, None, None], (len(red), 16, 320))
        high_res = np.broadcast_to(red[:, None, None, None], (len(red), 8, 8, 496))
        return SimpleNamespace(low_res=low_res, high_res=high_res)


@pytest.fixture
def images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    index = pa.table({"sha256": [sha256_of_bytes(FILES["stored.png"])]})
    write_table("data/features/index.parquet", index)
    np.save("data/features/low_res.npy", np.full((1, 16, 320), 7, dtype=np.float16))
    np.save("data/features/high_res.npy", np.full((1, 8, 8, 496), 8, dtype=np.float16))
    module._store.cache_clear()
    monkeypatch.setattr(module, "_towers", RedTowers)
    yield Images(lambda name: FILES[name])
    module._store.cache_clear()


def test_a_stored_picture_is_looked_up_and_another_computed_in_the_order_asked(images):
    low_res, high_res = nano_maps(images, ["new.png", "stored.png", "new.png"])
    assert low_res.dtype == high_res.dtype == np.float16
    assert low_res[:, 0, 0].tolist() == [30, 7, 30]
    assert high_res[:, 0, 0, 0].tolist() == [30, 8, 30]


def test_without_a_store_everything_is_computed(images, tmp_path):
    (tmp_path / "data/features/index.parquet").unlink()
    module._store.cache_clear()
    assert nano_maps(images, ["stored.png"])[0][0, 0, 0] == 10
