"""Nano's captioner on stored features: its settings, its hash, and who gets which caption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bettersynth.data.files.hashing import sha256_of_bytes, sha256_of_file
from bettersynth.data.samples.batch import Images
from bettersynth.data.tables.feature_store import FEATURES, write_index
from bettersynth.errors import UserError
from bettersynth.models.backbones import nano_features
from bettersynth.models.backbones.caption_model import CaptionModel
from bettersynth.models.backbones.caption_words import vocabulary_of
from bettersynth.models.backbones.prefix_captioner import save_captioner
from bettersynth.models.captioners import Request, nano_prefix

NAMES = ["a.png", "b.png", "c.png"]


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    FEATURES.mkdir(parents=True)
    pooled = np.random.default_rng(0).random((3, 1280), dtype=np.float32)
    np.save(FEATURES / "pooled.npy", pooled)
    write_index(FEATURES, [sha256_of_bytes(name.encode()) for name in NAMES])
    torch.manual_seed(0)
    words = vocabulary_of(["a red dog", "two cats"], 1)
    model = CaptionModel(len(words), 16, 32, 0.0)
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {"mean": torch.full((1280,), 0.5), "deviation": torch.full((1280,), 0.2)}
    save_captioner(nano_prefix.MODEL, tensors, {"width": 16, "hidden": 32}, words)
    nano_features._store.cache_clear()
    yield Images(lambda name: name.encode())
    nano_features._store.cache_clear()


def test_captions_do_not_depend_on_order_or_company(images: Images) -> None:
    requests = [Request(name, "", candidate) for name in NAMES for candidate in (0, 1)]
    captioner = nano_prefix.load(nano_prefix.Settings(temperature=2.0, top_p=1.0))
    (together,) = captioner.caption(images, requests, seed=0)
    (turned,) = captioner.caption(images, requests[::-1], seed=0)
    assert [turned[5 - place] for place in range(6)] == [together[place] for place in range(6)]
    (alone,) = captioner.caption(images, requests[3:4], seed=0)
    assert alone == {0: together[3]}


def test_requests_are_handed_over_in_chunks(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nano_prefix, "CHUNK", 2)
    captioner = nano_prefix.load(nano_prefix.Settings())
    parts = list(captioner.caption(images, [Request(name, "", 0) for name in NAMES], seed=0))
    assert [list(part) for part in parts] == [[0, 1], [2]]


def test_the_hash_is_that_of_the_manifest_and_a_missing_one_is_told(images: Images) -> None:
    manifest = nano_prefix.MODEL / "manifest.json"
    assert nano_prefix.model_hash(nano_prefix.Settings()) == sha256_of_file(manifest)
    manifest.unlink()
    with pytest.raises(UserError, match=r"run `python -m bettersynth\.steps\.captioner`, or name"):
        nano_prefix.model_hash(nano_prefix.Settings())


def test_a_bad_setting_is_named() -> None:
    with pytest.raises(UserError, match="nano_prefix: max_words is 0; it must be above 0"):
        nano_prefix.Settings(max_words=0)
