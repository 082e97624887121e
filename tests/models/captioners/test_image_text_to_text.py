"""A chat model on tiny random weights in LLaVA's format."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import tiny_captioners
from support.tiny_captioners import (
    NAMES,
    captions,
    check_that_captions_are_their_own,
    images,
)

from bettersynth.errors import UserError
from bettersynth.models.captioners import Request, image_text_to_text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_captioners.save_llava(tmp_path_factory.mktemp("captioners") / "llava")


def test_a_caption_depends_on_its_own_picture_prompt_candidate_and_seed_alone(folder: Path) -> None:
    check_that_captions_are_their_own(image_text_to_text, folder)


def test_it_answers_its_prompt_and_does_not_repeat_it(folder: Path) -> None:
    made = captions(image_text_to_text, folder, [Request(NAMES[0], "a red dog", 0)])
    assert not made[0].startswith("a red dog")


def test_a_chat_model_is_asked_by_its_template(folder: Path) -> None:
    settings = image_text_to_text.Settings(model=str(folder), system_prompt="Be brief.")
    captioner = image_text_to_text.load(settings)
    chat = captioner._chat(images(), Request(NAMES[0], "", 0))
    text = captioner.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    assert text == f"system: Be brief.user: <image>{image_text_to_text.DEFAULT_PROMPT}assistant: "


def test_a_model_without_a_chat_template_is_one_clear_error(tmp_path: Path) -> None:
    tiny_captioners.save_llava(tmp_path / "bare", template=None)
    with pytest.raises(UserError, match="has no chat template"):
        image_text_to_text.load(image_text_to_text.Settings(model=str(tmp_path / "bare")))
