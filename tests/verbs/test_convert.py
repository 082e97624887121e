"""`bettersynth convert SOURCE TARGET`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed


def test_files_and_options_go_to_the_conversion(monkeypatch):
    convert = recorded(monkeypatch, "bettersynth.data.instruction.convert.convert")
    typed("convert", "a.json", "b.jsonl")
    typed("convert", "a.json", "b.jsonl", "--only-captions", "--images", "pictures")
    files = (Path("a.json"), Path("b.jsonl"))
    assert convert.calls == [(*files, False, None), (*files, True, Path("pictures"))]
