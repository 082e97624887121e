"""Tables are text in every spreadsheet, and a workbook that cannot be read is one line."""

from __future__ import annotations

import random
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from bettersynth.data.files.spreadsheets import (
    MAX_CELL,
    plain_cell,
    require_line_end,
    require_whole_table,
    workbook_rows,
    write_workbook,
)
from bettersynth.errors import UserError

HOSTILE = ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "#N/A", "#DIV/0!", "'x", " =1", "\n=1"]


def test_text_of_a_workbook_is_never_a_formula_or_an_error(tmp_path):
    path = tmp_path / "a.xlsx"
    write_workbook(path, ["=name", "number"], [("row 1", [text, 1]) for text in HOSTILE])
    sheet = load_workbook(path).active
    assert sheet["A1"].value == "=name"
    for row, text in zip(sheet.iter_rows(min_row=2), HOSTILE, strict=True):
        assert (row[0].data_type, row[0].value) == ("s", text)
        assert row[0].quotePrefix
        assert (row[1].data_type, row[1].value) == ("n", 1)
    assert [cells["=name"] for _, cells in workbook_rows(path)] == HOSTILE


def test_what_no_workbook_can_hold_is_left_out_and_a_long_text_is_an_error(tmp_path):
    path = tmp_path / "a.xlsx"
    write_workbook(path, ["a"], [("row 1", ["x\x07\ud83d\ufffey"]), ("row 2", ["z" * MAX_CELL])])
    assert [len(cells["a"]) for _, cells in workbook_rows(path)] == [2, MAX_CELL]
    # an emoji takes two places
    for text in ("z" * (MAX_CELL + 1), "😀" * 16_384):
        with pytest.raises(
            UserError, match=r"b\.xlsx: the text of row 7, column a has 32,768 char"
        ):
            write_workbook(tmp_path / "b.xlsx", ["a"], [("row 7", [text])])
        assert not (tmp_path / "b.xlsx").exists()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("-x", "'-x"),
        ("\t=1", "' =1"),
        ("a\tb\nc", "a b c"),
        ("-", "-"),
        ("a=1", "a=1"),
        (-1.5, -1.5),
    ],
)
def test_text_of_a_csv_file_cannot_run(value, cell):
    assert plain_cell(value) == cell


def test_rows_of_a_workbook_are_text_as_it_was_typed(tmp_path):
    book = Workbook()
    for values in (["index", "said", None], [7, "None", "x"], [None] * 3, [8, "=1+1"], [9, None]):
        book.active.append(values)
    book.save(tmp_path / "a.xlsx")
    assert list(workbook_rows(tmp_path / "a.xlsx")) == [
        (2, {"index": "7", "said": "None"}),
        (4, {"index": "8", "said": "=1+1"}),
        (5, {"index": "9"}),
    ]


def test_a_workbook_that_cannot_be_read_is_one_line(tmp_path):
    path = tmp_path / "a.xlsx"
    write_workbook(path, ["index", "prediction"], [("row 1", ["1", "A"])])
    good = path.read_bytes()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    contents = {
        b"index,prediction\n1,A\n": "is no .xlsx workbook, or a cut one",
        b"": "is no .xlsx workbook",
        good[: len(good) // 2]: "is no .xlsx workbook, or a cut one",
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600): "old workbook .* or has a password",
        (tmp_path / "other.zip").read_bytes(): "is a damaged workbook",
    }
    for content, message in contents.items():
        path.write_bytes(content)
        with pytest.raises(UserError, match=message):
            list(workbook_rows(path))


def test_flipped_bits_of_a_workbook_leave_by_no_other_door(tmp_path):
    path = tmp_path / "a.xlsx"
    write_workbook(path, ["index", "prediction"], [("row 1", ["1", "A"])])
    good = path.read_bytes()
    rng = random.Random(1)
    refused = 0
    for _ in range(40):
        content = bytearray(good)
        for _ in range(5):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
        try:
            list(workbook_rows(path))
        except UserError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("index\tA\tA\n1\tx\ty\n", "has two columns A; only one can be meant"),
        ("\nindex\tA\n1\tx\n\n2\n", "line 5 has 1 of 2 columns: the file was cut"),
    ],
)
def test_a_table_with_two_columns_of_a_name_or_a_cut_row_is_refused(tmp_path, text, said):
    path = tmp_path / "a.tsv"
    path.write_text(text)
    with pytest.raises(UserError, match=said):
        require_whole_table(path, "\t")


def test_a_whole_table_may_have_blank_lines_and_long_cells(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f'\ufeff\n\nindex,A\n1,\n \n2,"two\nlines"\n3,{"x" * 200_000}\n')
    assert require_whole_table(path, ",") is None


def test_a_last_line_without_its_end_is_told(tmp_path):
    path = tmp_path / "a.tsv"
    for whole in ("1\n", "1\r\n"):
        path.write_bytes(whole.encode())
        assert require_line_end(path) is None
    path.write_text("1\n2")
    with pytest.raises(UserError, match=r"a\.tsv was cut: its last line has no end \(add one if"):
        require_line_end(path)
