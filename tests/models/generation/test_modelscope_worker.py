"""What the worker makes of a pipeline and its answers; the whole is tested with its captioner."""

from __future__ import annotations

import base64
import io
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from bettersynth.models.generation import modelscope_worker
from bettersynth.models.generation.modelscope_worker import (
    CannotGoOn,
    captions,
    one_line,
    refuse_code_in_pickles,
    set_search,
)


class OfaForAllTasks:
    def __init__(self) -> None:
        self.generator = SimpleNamespace(beam_size=5, max_len_b=16)


class MPlugForAllTasks:
    def __init__(self) -> None:
        self.model = SimpleNamespace(beam_generator=SimpleNamespace(beam_size=5, max_length=16))


class Pipeline:
    """Says how many pictures it was given, and with which prompt."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.words = {"prompt": " what does the image describe?"}
        preprocess = SimpleNamespace(cfg=SimpleNamespace(model=self.words))
        self.preprocessor = SimpleNamespace(preprocess=preprocess)

    def __call__(self, pictures: Any, batch_size: int = 0) -> Any:
        if isinstance(pictures, list):
            said = f"{len(pictures)} with{self.words['prompt']}"
            return [{"caption": [said]} for _ in pictures]
        return {"caption": "one"}


def encoded() -> str:
    stream = io.BytesIO()
    Image.new("L", (4, 4)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_ofa_takes_a_batch_and_a_prompt_that_does_not_stay() -> None:
    pipeline = Pipeline(OfaForAllTasks())
    assert captions(pipeline, " a dog ", 0, [encoded()] * 2) == ["2 with a dog"] * 2
    assert pipeline.words["prompt"] == " what does the image describe?"


def test_mplug_takes_one_picture_at_a_time_and_no_prompt() -> None:
    pipeline = Pipeline(MPlugForAllTasks())
    assert captions(pipeline, "", 0, [encoded()] * 2) == ["one", "one"]
    with pytest.raises(CannotGoOn, match="mPLUG captions take no prompt"):
        captions(pipeline, "a dog", 0, [encoded()])


def test_the_search_is_set_where_asked_and_left_where_not() -> None:
    ofa, mplug = Pipeline(OfaForAllTasks()), Pipeline(MPlugForAllTasks())
    set_search(ofa, {"model": "x", "beam_size": 2, "max_new_tokens": 0})
    set_search(mplug, {"model": "x", "beam_size": 0, "max_new_tokens": 9})
    assert vars(ofa.model.generator) == {"beam_size": 2, "max_len_b": 16}
    assert vars(mplug.model.model.beam_generator) == {"beam_size": 5, "max_length": 9}
    with pytest.raises(CannotGoOn, match="x is a SimpleNamespace, neither OFA nor mPLUG"):
        set_search(Pipeline(SimpleNamespace()), {"model": "x"})


def test_pickles_are_read_as_tensors_alone() -> None:
    asked: list[dict[str, Any]] = []
    torch = SimpleNamespace(load=lambda path, **named: asked.append(named))
    refuse_code_in_pickles(torch)
    torch.load("checkpoint.pt", weights_only=False, map_location="cpu")
    assert asked == [{"weights_only": True, "map_location": "cpu"}]


def test_the_cause_stands_in_the_last_line() -> None:
    assert one_line(ValueError("wrapped:\n\n  the cause  \n")) == "the cause"
    assert one_line(ValueError()) == "ValueError"


def test_it_needs_nothing_of_this_project() -> None:
    with open(modelscope_worker.__file__, encoding="utf-8") as source:
        assert "import bettersynth" not in source.read()
