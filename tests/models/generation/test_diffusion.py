"""A picture is drawn once, kept, and fixed by its key; the pipeline here is a ten-line one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from bettersynth.models.generation import diffusion
from bettersynth.models.generation.diffusion import TRIES, Model, Objection, Painter


class Pipeline:
    """Draws one colour, that of the generator's first number; objects to the first so many."""

    def __init__(self, objections: int = 0) -> None:
        self.objections = objections
        self.calls: list[dict[str, Any]] = []

    def __call__(self, generator: torch.Generator, **asked: Any) -> SimpleNamespace:
        self.calls.append(asked)
        level = int(torch.randint(256, (1,), generator=generator))
        picture = Image.new("RGB", (8, 8), (level, 0, 0))
        bad = len(self.calls) <= self.objections
        return SimpleNamespace(images=[picture], nsfw_content_detected=[bad])


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    made = Pipeline()
    monkeypatch.setattr(diffusion, "load_pipeline", lambda kind, model: made)
    return made


def test_a_picture_is_drawn_once_scaled_and_kept(pipeline: Pipeline, tmp_path: Path) -> None:
    painter = Painter("text_to_image", Model("tiny"), {"steps": 3})
    key = painter.key("a dog", seed=0)
    for name in ("one.png", "two.png"):
        painter.paint(key, "a dog", None, (20, 10), tmp_path / name)
    assert pipeline.calls == [{"prompt": "a dog", "steps": 3}]
    with Image.open(tmp_path / "two.png") as picture:
        assert picture.size == (20, 10)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_source_picture_goes_to_the_pipeline(pipeline: Pipeline, tmp_path: Path) -> None:
    source = Image.new("RGB", (8, 8))
    painter = Painter("image_to_image", Model("tiny"), {})
    painter.paint(painter.key("x", 0, "abc"), "x", source, (8, 8), tmp_path / "a.png")
    assert pipeline.calls[0]["image"] is source


def test_a_key_stands_for_all_that_decides_a_picture(pipeline: Pipeline) -> None:
    painter = Painter("text_to_image", Model("tiny"), {"steps": 3})
    keys = {
        painter.key("a", 0),
        painter.key("b", 0),
        painter.key("a", 1),
        painter.key("a", 0, "source"),
        painter.key("a", 0, number=1),
        Painter("image_to_image", Model("tiny"), {"steps": 3}).key("a", 0),
        Painter("text_to_image", Model("tiny", "bf16"), {"steps": 3}).key("a", 0),
        Painter("text_to_image", Model("tiny"), {"steps": 4}).key("a", 0),
    }
    assert len(keys) == 8
    assert all(len(key) == 32 for key in keys)


def test_an_objection_is_answered_with_another_seed_until_it_is_enough(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    painter = Painter("text_to_image", Model("tiny"), {})
    pipeline.objections = 2
    painter.paint(painter.key("a", 0), "a", None, (8, 8), tmp_path / "a.png")
    assert len(pipeline.calls) == 3
    pipeline.objections = 100
    with pytest.raises(Objection, match=f"refused {TRIES} pictures"):
        painter.paint(painter.key("b", 0), "b", None, (8, 8), tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()
