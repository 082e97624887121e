"""Both kinds of conversations end up in one file, the pictures' first."""

import pytest
from support.concept_pool import write_concept_pool
from support.default_settings import default_settings

from bettersynth.data.instruction import making
from bettersynth.data.instruction.making import make_instruction
from bettersynth.data.tables.instruction import read_instruction
from bettersynth.errors import UserError


def test_signs_are_forbidden_the_concepts_of_the_benchmark(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_concept_pool()
    asked = []
    sign = {"id": "sign", "conversations": []}

    def no_signs(settings, forbidden, processes):
        asked.append(forbidden)
        return [sign], []

    monkeypatch.setattr(making, "sign_items", no_signs)
    assert make_instruction(default_settings("instruction", signs=1), processes=1) == {
        "pictures": 9,
        "signs": 1,
        "things": 0,
    }
    assert {"apple", "gray wolf"} <= asked[0]
    assert "dog" not in asked[0]
    assert read_instruction()[-1] == sign


def test_an_empty_stage_2_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_concept_pool(without="instruction")
    with pytest.raises(UserError, match="holds no instruction pictures"):
        make_instruction(default_settings("instruction", signs=0), processes=1)
