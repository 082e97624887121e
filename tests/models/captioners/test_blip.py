"""BLIP and BLIP-2 on tiny random weights in the real format."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from support import tiny_captioners
from support.tiny_captioners import (
    NAMES,
    captions,
    check_that_captions_are_their_own,
    images,
)

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.models.captioners import Request, blip

SAVE = {"blip": tiny_captioners.save_blip, "blip2": tiny_captioners.save_blip2}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: save(tmp_path_factory.mktemp("captioners") / name) for name, save in SAVE.items()}


@pytest.mark.parametrize("name", SAVE)
def test_a_caption_depends_on_its_own_picture_prompt_candidate_and_seed_alone(
    folders: dict[str, Path], name: str
) -> None:
    check_that_captions_are_their_own(blip, folders[name])


def test_blip_goes_on_from_its_prompt_and_blip2_answers_it(folders: dict[str, Path]) -> None:
    request = [Request(NAMES[0], "a red dog", 0)]
    assert captions(blip, folders["blip"], request)[0].startswith("a red dog ")
    assert not captions(blip, folders["blip2"], request)[0].startswith("a red dog")


@pytest.mark.parametrize("name", SAVE)
def test_the_first_candidate_is_what_transformers_says(folders: dict[str, Path], name: str) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folders[name])
    model = AutoModelForImageTextToText.from_pretrained(folders[name]).eval()
    inputs = processor(images=images().picture(NAMES[0]), return_tensors="pt")
    with torch.no_grad():
        ids = model.generate(**inputs, max_new_tokens=8, do_sample=False)
    expected = processor.batch_decode(ids, skip_special_tokens=True)[0].strip()
    assert captions(blip, folders[name], [Request(NAMES[0], "", 0)]) == [expected]


def test_what_cannot_serve_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot load the captioner .*nowhere"):
        blip.load(blip.Settings(model=str(tmp_path / "nowhere")))
    tiny_captioners.save_llava(tmp_path / "bare", template=None)
    with pytest.raises(UserError, match="bare is a llava, not a BLIP or BLIP-2"):
        blip.load(blip.Settings(model=str(tmp_path / "bare")))
    with pytest.raises(UserError, match="temperature is 0; it must be above 0"):
        blip.Settings(temperature=0)


def test_an_unreadable_picture_costs_its_own_captions_only(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    good = images().read(NAMES[0])
    files = {"good": good, "cut": good[:100], "other": images().read(NAMES[1])}
    settings = {"model": str(folders["blip"]), "max_new_tokens": 4}
    captioner = CachedCaptioner("blip", settings, "here")
    made, bad = captioner.caption(
        Images(files.__getitem__), [Request(name, "", 0) for name in files], seed=0
    )
    assert [bool(text) for text in made] == [True, False, True]
    assert list(bad) == ["cut"]
