"""What people marked, from their own files and from saved ones."""

import json

import pytest

from bettersynth.data.tables.marks import FOLDER, Mark, read_marks, words_of, write_marks
from bettersynth.errors import UserError


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def save(name, *records):
    """Write lines as the page saves them, with who gave each mark."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text("".join(json.dumps(record) + "\n" for record in records))


def test_a_saved_file_of_several_people_is_merged_and_told_apart():
    write_marks(FOLDER / "ann.jsonl", {"a": Mark("a", "good")})
    save(
        "from-ben.jsonl",
        {"id": "a", "mark": "bad", "by": "ben"},
        {"id": "b", "tags": ["text"], "by": "cleo"},
    )
    assert read_marks(FOLDER) == {
        "ann": {"a": Mark("a", "good")},
        "ben": {"a": Mark("a", "bad")},
        "cleo": {"b": Mark("b", tags=("text",))},
    }


def test_a_persons_own_file_stands_above_saved_lines():
    write_marks(FOLDER / "ann.jsonl", {"a": Mark("a", "good")})
    save(
        "zz.jsonl", {"id": "a", "mark": "bad", "by": "ann"}, {"id": "b", "mark": "bad", "by": "ann"}
    )
    assert read_marks(FOLDER) == {"ann": {"a": Mark("a", "good")}}


def test_one_file_is_read_too_and_nothing_where_nothing_is():
    write_marks(FOLDER / "ann.jsonl", {"a": Mark("a", "good")})
    assert list(read_marks(FOLDER / "ann.jsonl")) == ["ann"]
    assert read_marks(FOLDER / "ben.jsonl") == {}


def test_words_are_marks_and_tags_and_disputed_where_two_disagree():
    marks = [Mark("a", "good", ("blurred",)), Mark("a", "bad", ("blurred", "cut"))]
    assert words_of(marks) == ["bad", "blurred", "cut", "disputed", "good"]
    assert words_of(marks[:1]) == ["blurred", "good"]
    assert words_of([Mark("a", note="see later")]) == []


def test_a_name_that_is_none_is_told():
    save("a.jsonl", {"id": "a", "mark": "bad", "by": 3})
    with pytest.raises(UserError, match="a.jsonl line 1: by is 3; it must be a name"):
        read_marks(FOLDER)
