"""The adapter under a stand-in for VLMEvalKit's base class.

Its answers are the pipeline's for the same picture and question.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from support.default_settings import default_settings
from support.small_training import run, small_project

from bettersynth.errors import UserError
from bettersynth.models.answering.answerer import Answerer
from bettersynth.models.backbones.lite0_towers import Features, Lite0Towers


class BaseModel:
    """What VLMEvalKit's base class does with a message before and after the model's own method."""

    def generate(self, message: list[dict[str, str]], dataset: str | None = None) -> str:
        allowed = self.allowed_types  # type: ignore[attr-defined]
        assert all(item["type"] in allowed for item in message)
        return self.generate_inner(message, dataset)  # type: ignore[attr-defined]

    def dump_image(self, line: dict[str, Any], dataset: str) -> list[str]:  # noqa: ARG002
        return [line["image_path"]]


class Towers:
    """Features that depend on the picture's first pixel."""

    def features(self, images: list[Image.Image]) -> Features:
        values = np.array([image.getpixel((0, 0))[0] / 64 for image in images], np.float16)
        low = np.ones((len(images), 4, 8), np.float16) * values[:, None, None]
        high = np.ones((len(images), 4, 4, 6), np.float16) * values[:, None, None, None]
        return Features(low, high, np.zeros((len(images), 1280), np.float32))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = small_project(tmp_path_factory.mktemp("adapter"))
    with pytest.MonkeyPatch.context() as patch:
        run(patch, project, "pretrain", "0")
        run(patch, project, "finetune", "0")
    for value in (10, 250):
        Image.new("RGB", (8, 8), (value, 0, 0)).save(project / f"{value}.png")
    return project


@pytest.fixture
def adapter(monkeypatch: pytest.MonkeyPatch) -> Any:
    base = types.ModuleType("vlmeval.vlm.base")
    base.BaseModel = BaseModel  # type: ignore[attr-defined]
    for name, module in (
        ("vlmeval", types.ModuleType("vlmeval")),
        ("vlmeval.vlm", types.ModuleType("vlmeval.vlm")),
        (base.__name__, base),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "bettersynth.models.answering.vlmevalkit", raising=False)
    monkeypatch.setattr(Lite0Towers, "load", classmethod(lambda cls, folder: Towers()))
    return importlib.import_module("bettersynth.models.answering.vlmevalkit").Bettersynth


def test_answers_are_the_pipelines(trained: Path, adapter: Any) -> None:
    model = adapter(str(trained / "models/finetune/0"), towers="models/towers", max_new_tokens=4)
    own = Answerer(trained / "models/finetune/0", default_settings("predict"))
    found = Towers().features([Image.open(trained / f"{value}.png") for value in (10, 250)])
    with torch.inference_mode():
        low_res, high_res = (
            torch.from_numpy(features).float().to(own.model.device)
            for features in (found.low_res, found.high_res)
        )
        own.pictures = own.model.image_tokens(low_res, high_res)
    expected = own.answers([own.prompt("What is it?", k) for k in (0, 1)], 4, "")
    message = {"type": "text", "value": "What is it?"}
    said = [
        model.generate([{"type": "image", "value": str(trained / f"{value}.png")}, message])
        for value in (10, 250)
    ]
    assert said == expected
    assert model.generate([message]) == own.answers([own.prompt("What is it?", None)], 4, "")[0]


def test_mmbench_is_asked_in_llavas_words(trained: Path, adapter: Any) -> None:
    model = adapter(str(trained / "models/finetune/0"), towers="models/towers")
    assert model.use_custom_prompt("MMBench_DEV_EN")
    assert not model.use_custom_prompt("TextVQA_VAL")
    line = {
        "index": 3,
        "question": "What?",
        "hint": float("nan"),
        "A": "red",
        "B": "dog",
        "C": float("nan"),
        "image_path": "10.png",
    }
    text = "What?\nA. red\nB. dog\nAnswer with the option's letter from the given choices directly."
    assert model.build_prompt(line, "MMBench_DEV_EN") == [
        {"type": "image", "value": "10.png"},
        {"type": "text", "value": text},
    ]


def test_a_model_of_cached_features_needs_its_towers(trained: Path, adapter: Any) -> None:
    with pytest.raises(UserError, match="was trained on cached features; name the towers' folder"):
        adapter(str(trained / "models/finetune/0"))
    with pytest.raises(UserError, match="nowhere holds no trained model"):
        adapter("nowhere")
