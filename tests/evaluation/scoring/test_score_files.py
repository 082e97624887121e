"""Files of LLaVA, VLMEvalKit and lmms-eval are scored alike, and what cannot be scored is one clear
error.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bettersynth import cli
from bettersynth.data.tables.items import item_table
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import GROUP, base_questions, read_questions
from bettersynth.evaluation.scoring.score_files import score_files

FIXTURES = Path(__file__).parents[2] / "fixtures"
TSV = FIXTURES / "mmbench/mmbench_synth.tsv"
CHOICES = json.loads((FIXTURES / "mmbench/predictions.json").read_text(encoding="utf-8"))
TEXTS = json.loads((FIXTURES / "textvqa/cases.json").read_text(encoding="utf-8"))["cases"]


def write_lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    entries = [
        {
            "question_id": k,
            "image_id": f"i{k}",
            "question": case["question"],
            "answers": case["answers"],
        }
        for k, case in enumerate(TEXTS)
    ]
    path = tmp_path / "val.json"
    path.write_text(json.dumps({"dataset_name": "textvqa", "data": entries}), encoding="utf-8")
    return path


def choice_files(folder: Path) -> list[Path]:
    rows = pd.read_csv(TSV, sep="\t", dtype=str).drop(columns="image")
    rows["prediction"] = rows["index"].map(
        {str(case["index"]): case["prediction"] for case in CHOICES}
    )
    rows.to_excel(folder / "vlmevalkit.xlsx", index=False)
    rows.to_csv(folder / "vlmevalkit.tsv", sep="\t", index=False)
    rows.to_csv(folder / "vlmevalkit.csv", index=False)
    lmms = [
        {
            "doc_id": k,
            "doc": {"index": case["index"], "answer": case["answer"]},
            "filtered_resps": [case["prediction"]],
        }
        for k, case in enumerate(CHOICES)
    ]
    llava = [
        {"question_id": case["index"], "prompt": "p", "text": case["prediction"], "metadata": {}}
        for case in CHOICES
    ]
    return [
        folder / "vlmevalkit.xlsx",
        folder / "vlmevalkit.tsv",
        folder / "vlmevalkit.csv",
        write_lines(folder / "lmms.jsonl", lmms),
        write_lines(folder / "llava.jsonl", llava),
    ]


def test_every_harness_file_of_mmbench_gives_the_same_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = [
        score_files("mmbench", TSV, path, output=tmp_path / f"{path.stem}.json")
        for path in choice_files(tmp_path)
    ]
    assert all(result["scores"] == results[0]["scores"] for result in results)
    rows = [case["vlmeval"] == case["answer"] for case in CHOICES]
    assert results[0]["scores"]["vlmevalkit vanilla"]["score"] == round(
        100 * sum(rows) / len(rows), 2
    )
    groups = {case["index"] % 1_000_000 for case in CHOICES}
    whole = [
        all(
            case["vlmeval"] == case["answer"]
            for case in CHOICES
            if case["index"] % 1_000_000 == group
        )
        for group in groups
    ]
    assert results[0]["scores"]["vlmevalkit circular"]["score"] == round(
        100 * sum(whole) / len(whole), 2
    )
    assert json.loads((tmp_path / "lmms.json").read_text())["scores"] == results[0]["scores"]
    assert "vlmevalkit circular" in capsys.readouterr().out


def test_every_harness_file_of_textvqa_gives_the_reference_accuracy(
    tmp_path: Path, annotations: Path
) -> None:
    llava = [
        {"question_id": f"i{k}", "prompt": f"{case['question']}\nx", "text": case["prediction"]}
        for k, case in enumerate(TEXTS)
    ]
    lmms = [
        {
            "doc_id": k,
            "doc": {"question_id": k, "image_id": f"i{k}", "question": case["question"]},
            "resps": [[case["prediction"]]],
        }
        for k, case in enumerate(TEXTS)
    ]
    table = pd.DataFrame(
        [
            {
                "index": k,
                "question": case["question"],
                "answer": str(case["answers"]),
                "prediction": case["prediction"],
            }
            for k, case in enumerate(TEXTS)
        ]
    )
    table.to_excel(tmp_path / "vlmevalkit.xlsx", index=False)
    files = [
        write_lines(tmp_path / "a.jsonl", llava),
        write_lines(tmp_path / "b.jsonl", lmms),
        tmp_path / "vlmevalkit.xlsx",
    ]
    for path in files:
        scores = score_files("textvqa", annotations, path)["scores"]
        for protocol, key in (
            ("llava", "accuracy_llava"),
            ("lmms-eval", "accuracy_lmms"),
            ("vlmevalkit", "accuracy_vlmeval"),
        ):
            assert scores[protocol]["score"] == pytest.approx(
                100 * sum(case[key] for case in TEXTS) / len(TEXTS), abs=0.005
            )


def test_things_are_scored_apart_from_reading(tmp_path: Path) -> None:
    entries = []
    for image, kind in (("a", "thing"), ("b", "top"), ("c", "top")):
        entry = {"image_id": image, "question": "What?", "answers": ["owl"] * 10}
        entries.append(entry | {"question_kind": kind})
    questions = tmp_path / "val.json"
    questions.write_text(json.dumps({"data": entries}), encoding="utf-8")
    said = {"a": "cow", "b": "owl", "c": "cow"}
    prompt = "What?\nAnswer the question using a single word or phrase."
    records = [{"question_id": id, "prompt": prompt, "text": text} for id, text in said.items()]
    predictions = write_lines(tmp_path / "answers.jsonl", records)
    result = score_files("textvqa", questions, predictions, "llava")
    scores = {name: numbers["score"] for name, numbers in result["scores"].items()}
    assert scores == {"llava": 0.0, "llava, reading": 50.0}
    rows = [{"benchmark": "textvqa", "seed": seed, "item": "a", "accuracy": 1.0} for seed in (0, 1)]
    with pytest.raises(UserError, match="--seed-spread: TextVQA is words that are read there"):
        score_files("textvqa", questions, predictions, "llava", spread=item_table(rows))


def test_one_protocol_can_be_asked_for(tmp_path: Path) -> None:
    path = choice_files(tmp_path)[0]
    assert list(score_files("mmbench", TSV, path, "strict")["scores"]) == [
        "strict circular",
        "strict vanilla",
        "strict base rows",
    ]


def test_likelihoods_that_a_base_row_lacks_are_one_clear_error(tmp_path: Path) -> None:
    questions = read_questions(TSV)
    records = []
    for question in questions:
        logprob = {letter: [-1.0, 2, -3.0] for letter in question.options}
        record = {"index": question.index, "prediction": "A", "option_logprob": logprob}
        records.append(record)
    lacking = base_questions(questions)[3].index
    for record in records:
        if record["index"] == lacking:
            del record["option_logprob"]
    path = write_lines(tmp_path / "p.jsonl", records)
    said = rf"p.jsonl: 1 base rows lack option_logprob \(the first: index {lacking}\)"
    with pytest.raises(UserError, match=said):
        score_files("mmbench", TSV, path)
    # generated text is scored for itself
    assert "strict circular" in score_files("mmbench", TSV, path, "strict")["scores"]
    for record in records:
        if record["index"] < GROUP:
            record.pop("option_logprob", None)
    result = score_files("mmbench", TSV, write_lines(path, records))
    assert "likelihood" not in result["scores"]


def answered(index: int = 1, **more: Any) -> dict[str, Any]:
    return {"index": index, "prediction": "A", **more}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([answered(), answered()], "line 2: index 1 is answered twice"),
        (
            [answered(7_000_000)],
            "index 7000000 is not in the questions; is this another benchmark's file",
        ),
        ([answered()], "answers 1 of 134 questions; the first one missing: 2"),
        ([{"question_id": "b33", "text": "A"}], "line 1: the index 'b33' is not a whole number"),
        ([{"index": 1}], "line 1 holds no answer"),
        ([answered(option_logprob={"A": [-1, 2, -3]})], "line 1: option_logprob must hold"),
        ([["A"]], "line 1 is not an object"),
        ([], "holds no predictions"),
    ],
)
def test_a_predictions_file_that_does_not_fit_is_one_clear_error(
    tmp_path: Path, lines: list[Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        score_files("mmbench", TSV, write_lines(tmp_path / "p.jsonl", lines))


def test_files_that_cannot_be_read_are_named(tmp_path: Path, annotations: Path) -> None:
    for name, content, message in (
        ("p.jsonl", b'{"index": 1, \n', "p.jsonl line 1 is not valid JSON"),
        ("p.jsonl", b"caf\xe9", "is not UTF-8 text"),
        ("p.jsonl", b"[" * 100_000, "p.jsonl line 1 is nested deeper than 100 levels"),
        ("p.txt", b"", "unknown ending"),
        ("p.csv", b"", "p.csv is not a table"),
        ("p.xlsx", b"no workbook", "p.xlsx is no .xlsx workbook"),
        ("p.json", b"{}", "holds no list of predictions"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=message):
            score_files("mmbench", TSV, tmp_path / name)
    with pytest.raises(UserError, match=r"none.jsonl does not exist"):
        score_files("textvqa", annotations, tmp_path / "none.jsonl")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UserError, match="folder.json is a folder, no regular file"):
        score_files("textvqa", tmp_path / "folder.json", tmp_path / "none.jsonl")
    with pytest.raises(UserError, match="mmbench has no protocol gpt; its protocols are: strict"):
        score_files("mmbench", TSV, tmp_path / "p.jsonl", "gpt")
    with pytest.raises(UserError, match="the question id 9999 is not in the questions"):
        score_files(
            "textvqa",
            annotations,
            write_lines(tmp_path / "p.jsonl", [{"question_id": 9999, "answer": "x"}]),
        )


def test_vlmevalkits_running_index_is_checked_against_the_question(tmp_path: Path) -> None:
    entries = [
        {
            "question_id": 34602 + k,
            "image_id": f"i{k}",
            "question": f"What is {k}?",
            "answers": [str(k)] * 10,
        }
        for k in range(10, 30)
    ]
    questions = tmp_path / "val.json"
    questions.write_text(json.dumps({"data": entries}), encoding="utf-8")
    table = pd.DataFrame(
        [
            {"index": k, "question": entry["question"], "prediction": entry["answers"][0]}
            for k, entry in enumerate(entries)
        ]
    )
    for start in (0, 1):
        table.assign(index=table["index"] + start).to_csv(tmp_path / "p.tsv", sep="\t", index=False)
        assert (
            score_files("textvqa", questions, tmp_path / "p.tsv")["scores"]["vlmevalkit"]["score"]
            == 100
        )
    table.assign(question="Who?").to_csv(tmp_path / "p.tsv", sep="\t", index=False)
    with pytest.raises(UserError, match="question id 0 is not in the questions"):
        score_files("textvqa", questions, tmp_path / "p.tsv")


def test_one_question_asked_twice_of_an_image_is_answered_twice_and_the_last_answers_count(
    tmp_path: Path,
) -> None:
    entries = [
        {"question_id": k, "image_id": "i", "question": "Who?", "answers": [word] * 10}
        for k, word in enumerate(("ann", "bob"))
    ]
    questions = tmp_path / "val.json"
    questions.write_text(json.dumps({"data": entries}), encoding="utf-8")
    line = {"question_id": "i", "prompt": "Who?\nx", "text": "bob"}
    assert (
        score_files("textvqa", questions, write_lines(tmp_path / "p.jsonl", [line, line]))[
            "scores"
        ]["llava"]["score"]
        == 100
    )
    with pytest.raises(UserError, match="answers 1 of 2 questions"):
        score_files("textvqa", questions, write_lines(tmp_path / "p.jsonl", [line]))
    with pytest.raises(
        UserError, match=r"line 3: image i with question 'who\? \(2\)' is answered twice"
    ):
        score_files("textvqa", questions, write_lines(tmp_path / "p.jsonl", [line] * 3))


def test_a_prompt_that_holds_no_question_is_named_with_its_line(
    tmp_path: Path, annotations: Path
) -> None:
    path = write_lines(
        tmp_path / "p.jsonl", [{"question_id": "i0", "prompt": "one line", "text": "x"}]
    )
    with pytest.raises(
        UserError, match=r"p.jsonl line 1: no question can be read from the prompt 'one line'"
    ):
        score_files("textvqa", annotations, path)


def test_base_rows_are_scored_for_themselves(tmp_path: Path) -> None:
    scores = score_files("mmbench", TSV, choice_files(tmp_path)[0])["scores"]
    base = [case["vlmeval"] == case["answer"] for case in CHOICES if case["index"] < 1_000_000]
    assert scores["vlmevalkit base rows"]["score"] == round(100 * sum(base) / len(base), 2)


def broken_input(kind: str, folder: Path, annotations: Path) -> list[str]:
    """Write one kind of bad input; return the arguments of `bettersynth score`."""
    predictions = folder / "p.jsonl"
    whole = [{"index": case["index"], "prediction": case["prediction"]} for case in CHOICES]
    texts = [
        {"image_id": f"i{k}", "question": case["question"], "prediction": "x"}
        for k, case in enumerate(TEXTS)
    ]
    benchmark, questions, lines, more = "mmbench", TSV, whole, []
    if kind == "missing predictions":
        lines = whole[:-2]
    elif kind == "an index twice":
        lines = [*whole, whole[3]]
    elif kind == "no answers":
        questions = folder / "test.tsv"
        pd.read_csv(TSV, sep="\t").drop(columns="answer").to_csv(questions, sep="\t", index=False)
    elif kind == "a word as index":
        questions = folder / "q.tsv"
        questions.write_text(
            TSV.read_text(encoding="utf-8").replace("\n1\t", "\none\t", 1), encoding="utf-8"
        )
    elif kind == "an unknown protocol":
        more = ["--protocol", "gpt-4"]
    elif kind == "TextVQA's predictions for MMBench":
        lines = texts
    elif kind == "MMBench's predictions for TextVQA":
        benchmark, questions = "textvqa", annotations
    elif kind == "a question id twice":
        benchmark, questions, lines = "textvqa", folder / "twice.json", texts
        content = json.loads(annotations.read_text(encoding="utf-8"))
        content["data"][1]["question_id"] = content["data"][0]["question_id"]
        questions.write_text(json.dumps(content), encoding="utf-8")
    write_lines(predictions, lines)
    return [
        "--benchmark",
        benchmark,
        "--questions",
        str(questions),
        "--predictions",
        str(predictions),
        *more,
    ]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (
            "missing predictions",
            r"p.jsonl answers 132 of 134 questions; the first one missing: \d+",
        ),
        ("an index twice", r"p.jsonl line 135: index \d+ is answered twice"),
        (
            "no answers",
            r"test.tsv has no answers: MMBench's test files are scored by upload; use the dev file",
        ),
        ("a word as index", r"q.tsv line \d+: the index 'one' is not a whole number"),
        (
            "an unknown protocol",
            (
                r"mmbench has no protocol gpt-4; its protocols are: strict, vlmevalkit, "
                r"vlmevalkit-2024, lmms-eval"
            ),
        ),
        (
            "TextVQA's predictions for MMBench",
            r"p.jsonl line 1 has no index; is this another benchmark's file\?",
        ),
        (
            "MMBench's predictions for TextVQA",
            (
                r"p.jsonl line \d+: the question id \d+ is not in the questions; is this another "
                r"benchmark's file\?"
            ),
        ),
        ("a question id twice", r"twice.json entry 2: the question id 0 is there twice"),
    ],
)
def test_bad_input_ends_the_command_with_one_clear_line(
    kind: str, message: str, tmp_path: Path, annotations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["bettersynth", "score", *broken_input(kind, tmp_path, annotations)]
    )
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert re.fullmatch(rf"error: \S*{message}", str(stopped.value))


def test_no_input_is_written_over(tmp_path):
    questions = tmp_path / "q.json"
    questions.write_text("{}")
    with pytest.raises(UserError, match="--output .* would be written over"):
        score_files("textvqa", questions, tmp_path / "p.jsonl", output=questions)
