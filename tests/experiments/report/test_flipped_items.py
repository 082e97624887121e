"""Questions that two runs answer most differently."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.tables.benchmark import BOARDS, MMBENCH
from bettersynth.data.tables.items import item_table
from bettersynth.experiments.report.flipped_items import EACH_WAY, flipped_items


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def items(right: set[int]):
    rows = []
    for number in range(20):
        score = float(number in right)
        common = {"seed": 0, "question": f"question {number}", "answer": "yes", "rows": 1}
        said = "yes" if score else "no"
        choice = {"item": str(number), "benchmark": "mmbench", "likelihood": score}
        rows.append({**common, **choice, "likeliest": said, "prediction": "?"})
        text = {"item": f"b{number} why?", "benchmark": "textvqa", "accuracy": 0.0}
        rows.append({**common, **text, "prediction": said})
    return item_table(rows)


def test_what_the_first_run_knows_better_comes_first_and_six_each_way_at_most() -> None:
    flipped = flipped_items(items(set(range(10))), items({9, 10, 11}), "likelihood")
    assert [item.item for item in flipped] == ["0", "1", "2", "3", "4", "5", "11", "10"]
    first = flipped[0]
    assert (first.first_score, first.second_score) == (100.0, 0.0)
    assert (first.first_answer, first.second_answer) == ("yes", "no")
    assert first.question == "question 0"
    assert first.picture == ""
    assert EACH_WAY == 6


def test_no_answer_is_shown_by_likelihood_less_the_prior() -> None:
    # right by it, though another option is the likeliest with the picture
    rows = items(set()).to_pylist()
    right = [row | {"likelihood_minus_prior": 1.0} for row in rows]
    wrong = [row | {"likelihood_minus_prior": 0.0} for row in rows]
    first, *_ = flipped_items(item_table(right), item_table(wrong), "likelihood_minus_prior")
    assert (first.first_score, first.second_score) == (100.0, 0.0)
    assert (first.first_answer, first.second_answer) == ("", "")


def picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 10, 10)).save(stream, "PNG")
    return stream.getvalue()


def write_choices(pictures: list[str], answers: str = "yes") -> None:
    """Write the questions of `items` with these cells of the picture column."""
    lines = ["index\tquestion\tA\tB\tanswer\timage"]
    for number, cell in enumerate(pictures):
        lines.append(f"{number}\tquestion {number}\tno\t{answers}\tB\t{cell}")
    MMBENCH.write_text("\n".join([*lines, ""]))


def test_pictures_come_from_the_benchmark_where_it_is_at_hand() -> None:
    MMBENCH.parent.mkdir(parents=True)
    whole = base64.b64encode(picture()).decode()
    write_choices([whole, "0", ""])
    shown = {
        item.item: item.picture
        for item in flipped_items(items({0, 1, 2}), items(set()), "likelihood")
    }
    assert shown["0"].startswith("data:image/jpeg;base64,")
    assert shown["1"] == shown["0"]
    assert shown["2"] == ""


def test_a_row_that_asks_another_question_or_has_another_answer_lends_no_picture() -> None:
    MMBENCH.parent.mkdir(parents=True)
    whole = base64.b64encode(picture()).decode()
    first = items({0, 1}).to_pylist()
    for row in first:
        if row["item"] == "1":
            row["question"] = "another question"
    for answer, shown in (("yes", [True, False]), ("maybe", [False, False])):
        write_choices([whole, whole], answer)
        flipped = flipped_items(item_table(first), items(set()), "likelihood")
        assert [bool(item.picture) for item in flipped] == shown


def test_a_board_is_found_by_its_id() -> None:
    write_images(BOARDS, [("b3.jpg", picture())])
    first = items({3}).to_pylist()
    for row in first:
        if row["item"] == "b3 why?":
            row["accuracy"] = 1.0
    (flipped,) = [
        item
        for item in flipped_items(item_table(first), items({3}), "likelihood")
        if item.benchmark == "textvqa"
    ]
    assert flipped.picture.startswith("data:image/jpeg;base64,")
