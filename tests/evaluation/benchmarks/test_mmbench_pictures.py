"""The picture column: base64, or the index of the row that holds the picture."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench_pictures import (
    picture_cells,
    pictures_of_questions,
    read_pictures,
)

PICTURE = bytes(range(60))


def written(folder: Path, *cells: str) -> Path:
    file = folder / "questions.tsv"
    lines = [f"{index}\t{cell}" for index, cell in enumerate(cells, 1)]
    file.write_text("\n".join(["index\timage", *lines]) + "\n")
    return file


def test_a_row_may_hold_its_picture_or_point_to_another_row(tmp_path: Path) -> None:
    file = written(tmp_path, base64.b64encode(PICTURE).decode(), "1")
    assert read_pictures(file) == {1: PICTURE, 2: PICTURE}


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("", "line 3: row 2 has no image"),
        ("9", "line 3: the image of row 2 is neither base64 nor the index of a row that has one"),
        ("2", "line 3: the image of row 2 is neither base64 nor the index"),
        ("x" * 65, "line 3: the image of row 2 is not base64"),
    ],
)
def test_a_row_without_picture_is_one_line(tmp_path: Path, cell: str, message: str) -> None:
    file = written(tmp_path, base64.b64encode(PICTURE).decode(), cell)
    with pytest.raises(UserError, match=message):
        read_pictures(file)


def test_an_index_that_is_no_number_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.tsv"
    file.write_text("index\timage\nq1\tx\n")
    with pytest.raises(UserError, match="line 2: the index is not a whole number"):
        picture_cells(file)


def test_questions_with_one_picture_share_its_name(tmp_path: Path) -> None:
    picture = base64.b64encode(PICTURE).decode()
    file = written(tmp_path, picture, "1", picture[::-1], "", "9")
    names = pictures_of_questions(file, [1, 2, 3, 4, 5])
    # what cannot be found is a picture of its own: scores need none
    assert names == {1: "1", 2: "1", 3: "3", 4: "4", 5: "5"}
    file.write_text("index\tquestion\n1\twhat?\n")
    assert pictures_of_questions(file, [1]) == {1: "1"}


def test_a_cut_row_and_two_columns_of_one_name_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.tsv"
    file.write_text("index\timage\tsplit\n1\tabcd\tdev\n2\tab\n")
    with pytest.raises(UserError, match="line 3 has 2 of 3 columns: the file was cut"):
        picture_cells(file)
    file.write_text("index\timage\timage\n1\ta\tb\n")
    with pytest.raises(UserError, match="has two columns image; only one can be meant"):
        picture_cells(file)
