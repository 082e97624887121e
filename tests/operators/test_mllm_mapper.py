"""mllm_mapper in a recipe, on tiny random LLaVA weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import tiny_captioners
from support.small_run import FIXTURES, dataset, run

NAMES = ("shapes0.png", "gray.png", "shapes1.png")
PICTURES = [str(FIXTURES / "images" / name) for name in NAMES]
ONE = "<__dj__image>\na red dog <|__dj__eoc|>"


@pytest.fixture(autouse=True)
def _in_folder(in_folder: None) -> None:
    """Every test runs in a folder of its own."""


def test_a_chat_model_answers_the_words_of_a_sample(tmp_path: Path) -> None:
    folder = str(tiny_captioners.save_llava(tmp_path / "llava"))
    dataset(
        [
            {"id": 0, "text": ONE, "images": PICTURES[:1]},
            {"id": 1, "text": "no picture", "images": []},
        ]
    )
    found = {
        t: run([{"mllm_mapper": {"hf_model": folder, "max_new_tokens": 6, "temperature": t}}])
        for t in (0, 5.0)
    }
    assert found[0][0]["text"].startswith("<__dj__image> ")
    assert found[0][0]["text"] not in (ONE, found[5.0][0]["text"])
    assert found[0][1]["text"] == "no picture"
