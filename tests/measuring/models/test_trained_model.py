"""A trained model is asked for each pair, and its hash follows every file that it is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.small_training import picture, run, small_project

from bettersynth.data.samples.batch import Images
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.measuring.models import trained_model
from bettersynth.measuring.models.trained_model import TrainedModel, pair_losses
from bettersynth.models.backbones import nano_maps
from bettersynth.models.weights.identity import hash_of_model

ASKED = TrainedModel("models/pretrain/0", "models/decoder", "gemma", "What is it?", "float32")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("asked"), pretrain={"visits": 16})
    with pytest.MonkeyPatch.context() as patch:
        run(patch, folder, "pretrain", "0")
    return folder


@pytest.fixture
def images(project, monkeypatch):
    """Pictures `0` to `23` of the project, whose features are smaller than nano's."""
    monkeypatch.chdir(project)
    store = FeatureStore()

    def maps(images, names):
        rows = store.rows(images.sha256(name) for name in names)
        return store.low_res(rows), store.high_res(rows)

    monkeypatch.setattr(nano_maps, "nano_maps", maps)
    trained_model._load.cache_clear()
    yield Images(lambda name: picture(int(name)))
    trained_model._load.cache_clear()


def test_a_pair_s_losses_depend_on_its_caption_and_the_seen_one_on_its_picture(images):
    captions = ["red car", "red car", "a blue house on grass"]
    first, other_picture, other_caption = pair_losses(
        images, list(zip("012", captions, strict=True)), ASKED
    )
    assert first.blind == other_picture.blind != other_caption.blind
    assert first.seen != other_picture.seen
    assert pair_losses(images, [("1", "red car")], ASKED) == [other_picture]
    assert pair_losses(images, [], ASKED) == []


def test_the_hash_follows_model_decoder_and_towers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = ["models/pretrain/0/projector.safetensors", "models/decoder/model.safetensors"]
    files.append("models/towers/model.safetensors")
    for file in files:
        Path(file).parent.mkdir(parents=True)
        Path(file).write_bytes(b"before")
    hashes = {ASKED.hash()}
    for file in files:
        Path(file).write_bytes(b"changed")
        hash_of_model.cache_clear()
        hashes.add(ASKED.hash())
    assert len(hashes) == 4


def test_a_model_that_is_not_named_or_not_there_is_one_line(images):
    with pytest.raises(UserError, match="model_loss_filter needs `model`: a trained folder"):
        pair_losses(images, [("0", "red")], ASKED._replace(folder=""))
    with pytest.raises(UserError, match="absent holds no trained model"):
        pair_losses(images, [("0", "red")], ASKED._replace(folder="absent"))


def test_pictures_are_filled_up_to_whole_blocks(images):
    model = trained_model._load(ASKED)
    alone = trained_model._image_tokens(images, ["5"], model)
    together = trained_model._image_tokens(images, ["3", "5"], model)
    assert torch.equal(alone[0], together[1])
    assert np.isfinite(together.numpy()).all()
