"""A batch travels whole; of a part that is looked at alone some items are left."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.default_settings import default_settings

from bettersynth.models.answering import answer_parts
from bettersynth.models.answering.answer_parts import AnswerPart, PartAnswering


def test_of_a_part_some_items_are_taken_and_all_else_stays():
    part = AnswerPart("see", [b"a", b"b", b"c"], None, (7,))
    assert len(part) == 3
    assert part.take([2, 0]) == AnswerPart("see", [b"c", b"a"], None, (7,))


class Echo:
    """A model that returns what it is asked."""

    def __init__(self, folder, settings):
        self.folder = folder

    def see(self, items, pictures, first):
        return self.folder, items, pictures, first


def test_the_model_of_the_folder_is_asked_by_the_parts_method(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answer_parts, "load_packed_model", Echo)
    ask = PartAnswering(Path("models/finetune/3"), default_settings("predict"))()
    said = ask(AnswerPart("see", [b"a"], None, (7,)))
    assert said == (Path("models/finetune/3"), [b"a"], None, 7)
