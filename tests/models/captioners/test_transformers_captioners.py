"""BLIP, BLIP-2 and chat models of transformers on tiny random weights in the real format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support import tiny_captioners
from support.parity import FOLDER

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.models.captioners import Request, blip, image_text_to_text
from bettersynth.models.generation.seeded_generation import SeededChoice

NAMES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]
SAVE: dict[str, Callable[[Path], Path]] = {
    "blip": tiny_captioners.save_blip,
    "blip2": tiny_captioners.save_blip2,
    "llava": tiny_captioners.save_llava,
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: save(tmp_path_factory.mktemp("captioners") / name) for name, save in SAVE.items()}


def images() -> Images:
    return Images(lambda name: (FOLDER / name).read_bytes())


def captions(folder: Path, requests: list[Request], seed: int = 0, **settings: Any) -> list[str]:
    module = image_text_to_text if folder.name == "llava" else blip
    options = {"model": str(folder), "max_new_tokens": 8, "batch_size": 4, **settings}
    found: dict[int, str] = {}
    for part in module.load(module.Settings(**options)).caption(images(), requests, seed):
        found |= part
    return [found[k] for k in range(len(requests))]


@pytest.mark.parametrize("name", SAVE)
def test_a_caption_depends_on_its_own_picture_prompt_candidate_and_seed_alone(
    folders: dict[str, Path], name: str
) -> None:
    folder = folders[name]
    requests = [
        Request(image, prompt, k)
        for image in NAMES
        for prompt in ("", "a red dog")
        for k in (0, 1, 2)
    ]
    together = captions(folder, requests)
    assert all(together)
    assert captions(folder, requests[::-1], batch_size=3) == together[::-1]
    assert captions(folder, requests[4:5]) == together[4:5]
    again = captions(folder, requests, seed=1)
    greedy = [k for k, request in enumerate(requests) if request.candidate == 0]
    assert [again[k] for k in greedy] == [together[k] for k in greedy]
    assert sum(a != b for a, b in zip(again, together, strict=True)) > 6


def test_blip_goes_on_from_its_prompt_and_the_others_answer_it(folders: dict[str, Path]) -> None:
    request = [Request(NAMES[0], "a red dog", 0)]
    assert captions(folders["blip"], request)[0].startswith("a red dog ")
    for name in ("blip2", "llava"):
        assert not captions(folders[name], request)[0].startswith("a red dog")


@pytest.mark.parametrize("name", ["blip", "blip2"])
def test_the_first_candidate_is_what_transformers_says(folders: dict[str, Path], name: str) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor, model = (
        AutoProcessor.from_pretrained(folders[name]),
        AutoModelForImageTextToText.from_pretrained(folders[name]).eval(),
    )
    with torch.no_grad():
        ids = model.generate(
            **processor(images=images().picture(NAMES[0]), return_tensors="pt"),
            max_new_tokens=8,
            do_sample=False,
        )
    expected = processor.batch_decode(ids, skip_special_tokens=True)[0].strip()
    assert captions(folders[name], [Request(NAMES[0], "", 0)]) == [expected]


def test_a_chat_model_is_asked_by_its_template(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    captioner = image_text_to_text.load(
        image_text_to_text.Settings(model=str(folders["llava"]), system_prompt="Be brief.")
    )
    chat = captioner._chat(images(), Request(NAMES[0], "", 0))
    text = captioner.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    assert text == f"system: Be brief.user: <image>{image_text_to_text.DEFAULT_PROMPT}assistant: "


def test_what_cannot_serve_is_one_clear_error(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot load the captioner .*nowhere"):
        blip.load(blip.Settings(model=str(tmp_path / "nowhere")))
    tiny_captioners.save_llava(tmp_path / "bare", template=None)
    with pytest.raises(UserError, match="has no chat template"):
        image_text_to_text.load(image_text_to_text.Settings(model=str(tmp_path / "bare")))
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
    captioner = CachedCaptioner(
        "blip", {"model": str(folders["blip"]), "max_new_tokens": 4}, "here"
    )
    made, bad = captioner.caption(
        Images(files.__getitem__), [Request(name, "", 0) for name in files], seed=0
    )
    assert [bool(text) for text in made] == [True, False, True]
    assert list(bad) == ["cut"]


def test_drawn_tokens_follow_the_odds_and_the_nucleus() -> None:
    scores = torch.tensor([[2.0, 1.0, 0.0, -1.0]]).repeat(4000, 1)
    draws = np.random.default_rng(0).random((4000, 2))
    draws[0] = np.nan
    choice = SeededChoice(draws, temperature=2.0, top_p=0.8)
    picked = choice(torch.zeros(4000, 1), scores).argmax(1)
    assert picked[0] == 0
    odds = (scores[0].double() / 2).softmax(0)
    kept = odds * torch.tensor([1.0, 1.0, 1.0, 0.0])  # the third reaches .8
    assert np.bincount(picked[1:].numpy(), minlength=4) / 3999 == pytest.approx(
        (kept / kept.sum()).numpy(), abs=0.03
    )
    assert choice.step == 1
