"""Items and their pictures lie beside each other."""

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.instruction import (
    INSTRUCTION_IMAGES,
    read_instruction,
    write_instruction,
)


def test_items_and_pictures_come_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    items = [{"id": "1", "image": "a.jpg", "conversations": []}]
    write_instruction(items, [("a.jpg", b"picture")])
    assert read_instruction() == items
    assert ImageStore(INSTRUCTION_IMAGES).read("a.jpg") == b"picture"
