"""marked_filter: what people marked on the page decides."""

from __future__ import annotations

import pytest
from support.one_operator import measured, row_batch

from bettersynth.data.tables.marks import FOLDER, Mark, write_marks
from bettersynth.errors import UserError

ROWS = row_batch({"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": 7})


@pytest.fixture(autouse=True)
def _marks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ann = [Mark("a", "good"), Mark("b", "bad", ("text",)), Mark("7", "good")]
    write_marks(FOLDER / "ann.jsonl", {mark.id: mark for mark in ann})
    write_marks(FOLDER / "ben.jsonl", {"a": Mark("a", "bad")})


@pytest.mark.parametrize(
    ("settings", "flags"),
    [
        ({}, [False, False, True, True]),
        ({"drop": ["disputed"]}, [False, True, True, True]),
        ({"drop": ["text"]}, [True, False, True, True]),
        ({"only": ["good"]}, [False, False, False, True]),
        ({"drop": [], "only": ["good", "text"]}, [True, True, False, True]),
    ],
)
def test_words_of_all_people_decide(settings, flags):
    values, found = measured("marked_filter", ROWS, **settings)
    assert values == {"marks": [["bad", "disputed", "good"], ["bad", "text"], [], ["good"]]}
    assert found == flags


def test_one_persons_file_may_be_named():
    assert measured("marked_filter", ROWS, marks="marks/ben.jsonl")[1] == [False, True, True, True]


def test_where_nobody_marked_the_command_is_named():
    write_marks(FOLDER / "cleo.jsonl", {})
    with pytest.raises(UserError, match="marks/cleo.jsonl holds no marks"):
        measured("marked_filter", ROWS, marks="marks/cleo.jsonl")
    with pytest.raises(UserError, match="nowhere holds no marks; `bettersynth browse` sets them"):
        measured("marked_filter", ROWS, marks="nowhere")
