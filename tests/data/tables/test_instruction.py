"""Items and their pictures lie beside each other."""

import pytest

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.instruction import (
    INSTRUCTION_IMAGES,
    INSTRUCTION_ITEMS,
    read_instruction,
    write_instruction,
)
from bettersynth.errors import UserError


def test_items_and_pictures_come_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    items = [{"id": "1", "image": "a.jpg", "conversations": []}]
    write_instruction(items, [("a.jpg", b"picture")])
    assert read_instruction() == items
    assert ImageStore(INSTRUCTION_IMAGES).read("a.jpg") == b"picture"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not valid JSON"),
        ("[]", "holds no entries"),
        ("{}", "must hold a list of entries"),
        ("[3]", "entry 1: an entry must be a JSON object, not int"),
        ('[{"id": "1"}]', "entry 1: conversations must be a list of"),
        ('[{"conversations": [{"from": "gpt"}]}]', "entry 1: conversations must be a list of"),
        ('[{"conversations": [], "image": 3}]', "entry 1: image must be a name or several, not 3"),
    ],
)
def test_items_that_are_damaged_are_one_line_and_not_taken_for_none(
    tmp_path, monkeypatch, content, said
):
    monkeypatch.chdir(tmp_path)
    write_instruction([], [])
    INSTRUCTION_ITEMS.write_text(content)
    with pytest.raises(UserError, match=rf"train\.json.*{said}.*; delete it and run `snakemake"):
        read_instruction()
