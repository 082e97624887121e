"""Records of any tool's predictions file, and where each tool puts the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from support.no_files import NO_FILES, put

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.prediction_records import (
    answer_of,
    read_records,
    refuse_missing,
)


def test_tables_and_lists_give_records_without_their_empty_cells(tmp_path: Path) -> None:
    table = pd.DataFrame({"index": ["1", "2"], "prediction": ["None", ""]})
    table.to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    table.to_csv(tmp_path / "p.csv", index=False)
    table.to_excel(tmp_path / "p.xlsx", index=False)
    for name in ("p.tsv", "p.csv", "p.xlsx"):
        records = list(read_records(tmp_path / name))
        assert records[0] == (f"{tmp_path / name} row 2", {"index": "1", "prediction": "None"})
        assert records[1][1] == {"index": "2"}
    (tmp_path / "p.json").write_text(json.dumps({"logs": [{"index": 3, "text": "A"}]}))
    assert list(read_records(tmp_path / "p.json")) == [
        (f"{tmp_path / 'p.json'} entry 1", {"index": 3, "text": "A"})
    ]


def test_what_lmms_eval_nests_stands_beside_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    record = {"doc_id": 0, "doc": {"index": 7, "question": "Why?"}, "index": None, "resps": [["A"]]}
    path.write_text("\n" + json.dumps(record) + "\n")
    ((place, read),) = read_records(path)
    assert place.endswith("p.jsonl line 2")
    assert (read["index"], read["question"], read["doc_id"]) == (7, "Why?", 0)


@pytest.mark.parametrize(
    ("record", "answer"),
    [
        ({"prediction": "A"}, "A"),
        ({"filtered_resps": ["B", "C"]}, "B"),
        ({"resps": [["C"]]}, "C"),
        ({"text": 7}, "7"),
        ({"question_id": 1, "answer": "D"}, "D"),
        ({"index": 1, "question": "Why?", "answer": "D"}, ""),
    ],
)
def test_the_answer_is_found_where_each_tool_puts_it(record: dict, answer: str) -> None:
    assert answer_of(record, "line 1") == answer


def test_a_record_without_answer_and_a_file_with_gaps_are_one_clear_error() -> None:
    with pytest.raises(UserError, match="line 1 holds no answer; it is looked for as prediction"):
        answer_of({"index": 1, "prediction": True}, "line 1")
    with pytest.raises(UserError, match="p.jsonl answers 1 of 3 questions; .* missing: 2"):
        refuse_missing(Path("p.jsonl"), ["2", "3"], 3)
    refuse_missing(Path("p.jsonl"), [], 3)


def test_an_answer_with_half_a_surrogate_pair_is_one_clear_error():
    with pytest.raises(UserError, match="p line 3: the answer is no valid Unicode"):
        answer_of({"prediction": "a \ud83d"}, "p line 3")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_table_whose_answers_stand_under_another_name_is_refused(tmp_path, ending):
    table = pd.DataFrame({"index": ["1"], "question": ["Why?"], "Prediction": ["A"]})
    path = tmp_path / f"p.{ending}"
    table.to_csv(path, index=False) if ending == "csv" else table.to_excel(path, index=False)
    with pytest.raises(UserError, match="no answer; .* has: index, question, Prediction"):
        list(read_records(path))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_column_that_stands_twice_is_refused(tmp_path, ending):
    table = pd.DataFrame([["1", "A", "B"]], columns=["index", "prediction", "prediction"])
    path = tmp_path / f"p.{ending}"
    table.to_csv(path, index=False) if ending == "csv" else table.to_excel(path, index=False)
    with pytest.raises(UserError, match="has two columns prediction"):
        list(read_records(path))


def test_rows_without_an_answer_are_counted_aloud(tmp_path, capsys):
    table = pd.DataFrame({"index": [1, 2], "question": ["a", "b"], "prediction": ["A", ""]})
    table.to_csv(tmp_path / "p.csv", index=False)
    assert len(list(read_records(tmp_path / "p.csv"))) == 2
    said = capsys.readouterr().err
    assert "p.csv: 1 records have no answer, which counts as an empty one" in said
    assert "the first:" in said and "row 3" in said


def test_a_cut_row_of_a_table_is_no_empty_answer(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text("index\tprediction\n1\tA\n2\n")
    with pytest.raises(UserError, match=r"p\.tsv line 3 has 1 of 2 columns: the file was cut"):
        list(read_records(path))


@pytest.mark.parametrize("name", ["p.jsonl", "p.json", "p.tsv", "p.xlsx"])
@pytest.mark.parametrize("kind", [*NO_FILES, "lost link"])
def test_what_is_no_file_is_told_as_what_it_is(tmp_path, name, kind):
    words = NO_FILES.get(kind, "a link to gone.jsonl, which does not exist")
    put(kind, tmp_path / name)
    with pytest.raises(UserError, match=f"{name} is {words}"):
        list(read_records(tmp_path / name))


@pytest.mark.parametrize("name", ["p.jsonl", "p.tsv", "p.csv"])
def test_predictions_of_another_encoding_are_told_with_what_makes_them_utf8(tmp_path, name):
    text = '{"index": 1, "prediction": "A"}\n'
    if name != "p.jsonl":
        text = "index\tprediction\n1\tA\n".replace("\t", "," if name == "p.csv" else "\t")
    (tmp_path / name).write_text(text, encoding="utf-16")
    with pytest.raises(UserError, match=f"{name} is UTF-16 text; it must be UTF-8: `iconv -f UTF"):
        list(read_records(tmp_path / name))
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    ((_, record),) = read_records(tmp_path / name)
    assert str(record["index"]) == "1"


def test_one_json_value_may_be_of_any_encoding(tmp_path):
    (tmp_path / "p.json").write_text('[{"index": 1, "text": "A"}]', encoding="utf-16")
    ((_, record),) = read_records(tmp_path / "p.json")
    assert record == {"index": 1, "text": "A"}
