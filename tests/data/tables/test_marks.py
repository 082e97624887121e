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


@pytest.mark.parametrize("tag", ["none", "unmarked", "disputed", "good", "bad"])
def test_a_tag_that_means_something_else_to_the_filter_is_refused(tag):
    line = f"a has the tag '{tag}'; no tag may be good, bad, disputed, none, unmarked"
    with pytest.raises(UserError, match=f"^{line}$"):
        Mark("a", "good", ("dark", tag))
    save("zoe.jsonl", {"id": "a", "tags": [tag]})
    with pytest.raises(UserError, match=f"^marks/zoe.jsonl line 1: {line}$"):
        read_marks(FOLDER)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"mark": "meh"}, "marks/zoe.jsonl line 2: the mark of b is 'meh'; allowed: good, bad"),
        ({"tags": ["t"] * 21}, "marks/zoe.jsonl line 2: b has 21 tags, limit 20"),
        ({"note": "n" * 3000}, "marks/zoe.jsonl line 2: the mark of b is too long, limit 2,000"),
        ({"note": "\ud800"}, "marks/zoe.jsonl line 2: the mark of a pair is no valid Unicode"),
        ({"mark": 3}, "marks/zoe.jsonl line 2.mark must be of type str"),
        ({"by": "\ud800"}, "marks/zoe.jsonl line 2: by is '.*ud800'; it must be a name"),
    ],
)
def test_a_bad_line_is_named_with_its_file(record, message):
    save("zoe.jsonl", {"id": "a", "mark": "good"}, {"id": "b", **record})
    with pytest.raises(UserError, match=f"^{message}"):
        read_marks(FOLDER)


def test_who_took_all_marks_away_has_none_whatever_was_saved():
    write_marks(FOLDER / "ann.jsonl", {})
    save("saved.jsonl", {"id": "a", "mark": "bad", "by": "ann"})
    assert read_marks(FOLDER) == {"ann": {}}


def test_a_name_that_is_none_is_told():
    save("a.jsonl", {"id": "a", "mark": "bad", "by": 3})
    with pytest.raises(UserError, match="a.jsonl line 1: by is 3; it must be a name"):
        read_marks(FOLDER)
