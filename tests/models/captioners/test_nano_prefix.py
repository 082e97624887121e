"""Nano's captioner on stored features: its settings, its hash, and who gets which caption."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_captioner import save_small_captioner

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.models.backbones import nano_features
from bettersynth.models.captioners import Request, nano_prefix

NAMES = ["a.png", "b.png", "c.png"]


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    save_small_captioner([name.encode() for name in NAMES])
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
