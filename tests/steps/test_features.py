"""The features step computes one row for every distinct image of three zips and a TSV."""

import base64
import io
import json
from pathlib import Path

import torch
from PIL import Image

from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.models.backbones.lite0_weights import (
    convert_weights,
    package_weights,
    save_towers,
)
from bettersynth.steps import features


def png(color: int, width: int = 40, height: int = 24) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (color, 90, 255 - color)).save(stream, "PNG")
    return stream.getvalue()


def test_every_distinct_image_of_all_places_gets_a_row(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_THREADS", "1")
    state = convert_weights(torch.load(package_weights(), weights_only=True))
    save_towers(features.TOWERS, state, source="a test")
    for number, path in enumerate(features.IMAGE_FOLDERS):
        write_images(path, [("same.png", png(0)), ("own.png", png(10 * number + 10))])
    encoded = base64.b64encode(png(99)).decode()
    features.TSVS[0].write_text(f"index\timage\n5\t{encoded}\n")
    assert features.main() == {"samples": 5}
    store = FeatureStore()
    assert len(store) == 5
    assert store.high_res([0, 4]).shape == (2, 8, 8, 496)


def test_towers_in_folders_of_their_own_leave_no_features(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models/towers").mkdir(parents=True)
    Path("models/towers/manifest.json").write_text(json.dumps({"vision_tower": {"width": 1}}))
    assert features.main() == {"samples": 0}
    assert len(FeatureStore()) == 0
