import gzip
import json
from pathlib import Path

import pytest

from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError
from bettersynth.recipes.engine.passes import Pass, RowReject
from bettersynth.recipes.engine.records import load_record
from bettersynth.recipes.engine.rows import rows_of_dataset, rows_of_records

FORM = RowForm("words", "pictures")


def plan(**settings):
    return Pass([], (), Path("data/rows.jsonl"), Path("data"), FORM, **settings)


def chunk(*rows):
    return [(number, json.dumps(row).encode()) for number, row in enumerate(rows, 1)]


def test_a_row_keeps_its_bytes_until_something_changes():
    rows = rows_of_dataset(chunk({"words": "a", "n": 1}), plan(), [])
    assert rows.raw == [b'{"words": "a", "n": 1}']
    carried = {"words": "a", "__dj__stats__": {"n": 2}, "__dj__hash": "x"}
    rows = rows_of_dataset(chunk(carried), plan(), [])
    assert rows.raw == [None]
    assert (rows.stats, rows.hashes) == ([{"n": 2}], [{"__dj__hash": "x"}])
    assert rows.rows == [{"words": "a"}]


def test_picture_paths_are_right_where_the_export_lies(tmp_path, monkeypatch):
    other = Pass([], (), Path("data/rows.jsonl"), Path("out"), FORM)
    rows = rows_of_dataset(chunk({"words": "a", "pictures": ["a.png", "/b.png"]}), other, [])
    assert rows.rows[0]["pictures"] == ["../data/a.png", "/b.png"]
    rows = rows_of_dataset(chunk({"words": "a", "pictures": ["a.png"]}), plan(), [])
    assert rows.rows[0]["pictures"] == ["a.png"]
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/rows.jsonl").write_text("{}")
    absolute = rows_of_dataset(
        chunk({"words": "a", "pictures": ["a.png"]}), plan(compat="data_juicer"), []
    )
    assert absolute.rows[0]["pictures"] == [str(Path("data/a.png").absolute())]


def test_a_null_among_the_pictures_sets_its_row_alone_aside():
    rejects = []
    given = chunk({"words": "a", "pictures": ["a.png", None]}, {"words": "b", "pictures": None})
    rows = rows_of_dataset(given, plan(), rejects)
    assert rows.numbers == [2]
    assert rejects == [RowReject(1, "reading", "pictures[1] is null")]


@pytest.mark.parametrize(
    ("others", "row"),
    [('{"words": "b", "pictures": []}', {"words": "a", "pictures": None}), ("{}", {"words": "a"})],
)
def test_a_row_without_pictures_gets_null_where_data_juicer_gives_it(
    tmp_path, monkeypatch, others, row
):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/rows.jsonl").write_text(f'{{"words": "\\"pictures\\""}}\n{others}\n')
    assert rows_of_dataset(chunk({"words": "a"}), plan(compat="data_juicer"), []).rows == [row]
    assert rows_of_dataset(chunk({"words": "a"}), plan(), []).rows == [{"words": "a"}]


def test_a_field_of_another_row_is_found_in_a_compressed_file_too(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"words": "b", "pictures": ["b.png"]}'))
    packed = Pass([], (), path, tmp_path, FORM, compat="data_juicer")
    assert rows_of_dataset(chunk({"words": "a"}), packed, []).rows == [
        {"words": "a", "pictures": None}
    ]


def test_half_a_character_sets_a_row_aside():
    rejects = []
    rows = rows_of_dataset(chunk({"words": "a"}, {"words": "b\ud83d"}), plan(), rejects)
    assert rows.numbers == [1]
    assert rejects[0][:2] == (2, "reading")
    assert rejects[0].reason.startswith("words is no valid Unicode")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"words": 3}, "line 1: words must be text, not 3"),
        ({"words": "a", "pictures": "a.png"}, "line 1: pictures must be a list of paths"),
        ({"words": "a", "__dj__stats__": 5}, "line 1: __dj__stats__ must be names with values"),
    ],
)
def test_what_is_no_sample_ends_the_run(row, message):
    with pytest.raises(UserError, match=message):
        rows_of_dataset(chunk(row), plan(), [])


def test_rows_go_to_the_next_pass_with_stats_in_the_recipes_order():
    rows = rows_of_dataset(chunk({"words": "a"}, {"words": "b"}), plan(), [])
    rows.stats[1] = {"second": 2, "first": 1}
    taken = rows.take([1])
    (record,) = taken.records({"first": 0, "second": 1})
    assert list(load_record(record).stats) == ["first", "second"]
    again = rows_of_records([record], plan())
    assert (len(again), again.numbers, again.rows) == (1, [2], [{"words": "b"}])


def test_a_field_is_written_into_rows_that_lack_it_and_their_bytes_are_made_anew():
    rows = rows_of_dataset(chunk({"words": "a"}, {"words": "b", "n": 1}), plan(), [])
    rows.add_fields({"n": [5, 6]})
    assert [row["n"] for row in rows.rows] == [5, 1]
    assert rows.raw == [None, b'{"words": "b", "n": 1}']
