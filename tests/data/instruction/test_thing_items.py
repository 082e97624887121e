"""Stage 2's things are instruction concepts alone, and move none of the sign boards."""

from __future__ import annotations

import pytest
from support.concept_pool import CONCEPTS, write_concept_pool
from support.default_settings import default_settings, read_changed

from bettersynth.data.instruction.making import make_instruction
from bettersynth.data.instruction.thing_items import thing_items
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.questions.prompts import THING_QUESTION
from bettersynth.data.tables.instruction import INSTRUCTION_IMAGES, read_instruction
from bettersynth.errors import UserError

NAMES = {"melon", "cheese", "dog", "horse"}


def test_things_stand_behind_everything_else_which_stays_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_concept_pool()
    make_instruction(default_settings("instruction", signs=2), processes=1)
    before = read_instruction()
    boards = {name: ImageStore(INSTRUCTION_IMAGES).read(name) for name in ("signs/00000.jpg",)}
    settings = default_settings("instruction", signs=2, things=3)
    assert make_instruction(settings, processes=1) == {"pictures": 9, "signs": 2, "things": 3}
    items = read_instruction()
    assert items[:-3] == before
    store = ImageStore(INSTRUCTION_IMAGES)
    assert store.read("signs/00000.jpg") == boards["signs/00000.jpg"]
    for number, item in enumerate(items[-3:]):
        assert (item["id"], item["image"]) == (f"thing-0000{number}", f"things/0000{number}.jpg")
        assert item["image"] in store
        human, gpt = item["conversations"]
        assert human["value"].split("\n")[1] == THING_QUESTION
        assert gpt["value"] in NAMES
    benchmark = {name for names in CONCEPTS["benchmark"].values() for name in names}
    assert not benchmark & {item["conversations"][1]["value"] for item in items}


def test_settings_that_cannot_be_meant_are_one_line():
    with pytest.raises(UserError, match="instruction.things is -1; it must be from 0 to"):
        read_changed("instruction", things=-1)
    settings = default_settings("instruction", things=1)
    with pytest.raises(UserError, match="no instruction pictures with a concept"):
        thing_items([], settings, 1)
    assert settings.parts == ["pictures", "signs", "things"]
