"""The score step on a small run of three seeds: its numbers, what it prints, and one clear error
for what is missing.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.small_answers import BOARDS, QUESTIONS, write_answers, write_benchmarks
from support.small_pool import write_params

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.baseline_scores import store_baseline
from bettersynth.steps import score


@pytest.fixture(autouse=True)
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_benchmarks()
    write_answers()
    write_json("data/mix/card.json", {"counts": {"samples": 12}})
    write_params(seeds=[0, 1, 2], score={"bootstrap_draws": 500})


def lines_of(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def test_scores_are_means_over_seeds_with_intervals_and_what_guessing_gets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    score.main()
    found = read_json("results/score.json")
    items = read_table("results/items.parquet").to_pandas()
    assert len(items) == 3 * (QUESTIONS + BOARDS)
    for name in ("likelihood", "likelihood_minus_prior", "strict", "circular"):
        assert found[f"mmbench_{name}"] == pytest.approx(100 * items[name].mean(), abs=0.01)
    answers = [
        line for seed in range(3) for line in lines_of(f"results/predictions/mmbench-{seed}.jsonl")
    ]
    assert found["mmbench_vanilla"] == pytest.approx(
        100 * sum(right(line) for line in answers) / len(answers), abs=0.01
    )
    assert found["mmbench"] == found["mmbench_likelihood"]
    assert found["mmbench_low"] < found["mmbench"] < found["mmbench_high"]
    assert found["textvqa"] == pytest.approx(100 * items["accuracy"].mean(), abs=0.01)
    assert (found["mmbench_chance"], found["textvqa_any_listed_token"]) == (37.5, 50.0)
    assert (found["samples"], found["seeds"], found["mmbench_protocol"]) == (12, 3, "likelihood")
    assert "total" not in found
    printed = capsys.readouterr().out
    assert "37.50 (chance)" in printed
    assert "50.00 (any listed token)" in printed
    assert "results/report.html" in printed


def right(line: dict[str, Any]) -> bool:
    index, k = line["index"] % 1_000_000, line["index"] // 1_000_000
    return bool(line["prediction"] == "ABCD"[-k % (2 if index % 2 else 4)])


def test_the_total_is_the_mean_ratio_to_the_stored_baseline(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    score.main()
    first = read_json("results/score.json")
    store_baseline(Path("results/score.json"), Path("baseline.json"), "the first run")
    write_params(seeds=[0, 1, 2], score={"baseline": "baseline.json"})
    score.main()
    assert read_json("results/score.json")["total"] == pytest.approx(1.0, abs=1e-3)
    write_json(
        "baseline.json",
        read_json("baseline.json")
        | {"mmbench": first["mmbench"] / 2, "textvqa": first["textvqa"] / 3},
    )
    score.main()
    found = read_json("results/score.json")
    assert found["total"] == pytest.approx(2.5, abs=1e-3)
    assert found["total_low"] < 2.5 < found["total_high"]
    assert "1 = the first run" in capsys.readouterr().out
    write_json("baseline.json", read_json("baseline.json") | {"questions": "of others"})
    score.main()
    assert "total" not in read_json("results/score.json")
    said = "no total: the baseline (the first run) answered other questions"
    assert said in capsys.readouterr().out


def test_the_same_answers_give_the_same_bytes() -> None:
    score.main()
    first = [Path(path).read_bytes() for path in ("results/score.json", "results/items.parquet")]
    score.main()
    assert [
        Path(path).read_bytes() for path in ("results/score.json", "results/items.parquet")
    ] == first


def spoil(path: str, change: str) -> None:
    lines = Path(path).read_text().splitlines()
    if change == "missing file":
        Path(path).unlink()
        return
    if change == "missing line":
        lines.pop()
    elif change == "twice":
        lines.append(lines[0])
    elif change == "broken":
        lines[1] = lines[1][:10]
    elif change == "no likelihood":
        lines = [
            json.dumps({k: v for k, v in json.loads(line).items() if k != "option_logprob"})
            for line in lines
        ]
    Path(path).write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("mmbench-1", "missing file", "results/predictions/mmbench-1.jsonl does not exist"),
        (
            "mmbench-1",
            "missing line",
            "mmbench-1.jsonl answers 89 of 90 questions; the first one missing",
        ),
        ("mmbench-1", "twice", "mmbench-1.jsonl line 91: index 1 is answered twice"),
        ("mmbench-1", "broken", "mmbench-1.jsonl line 2 is not valid JSON"),
        ("mmbench-1", "no likelihood", "mmbench-1.jsonl: 30 base rows lack option_logprob"),
        ("textvqa-2", "missing line", "textvqa-2.jsonl answers 19 of 20 questions"),
        (
            "textvqa-2",
            "twice",
            (
                "textvqa-2.jsonl line 21: image b0 with question 'what word is on the sign\\?' "
                "is answered twice"
            ),
        ),
    ],
)
def test_answers_that_do_not_fit_are_one_clear_error_and_no_score(
    name: str, change: str, message: str
) -> None:
    spoil(f"results/predictions/{name}.jsonl", change)
    with pytest.raises(UserError, match=message):
        score.main()
    assert not Path("results/score.json").exists()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"seeds": [0, 0], "score": {}}, "seeds must be a list of different whole numbers"),
        ({"seeds": [0], "score": {"protocol": "x"}}, "score has no setting protocol"),
        ({"seeds": [0], "score": {"mmbench_protocol": "gpt"}}, "allowed: likelihood"),
        (
            {"seeds": [0], "score": {"baseline": "none.json"}},
            "none.json does not exist; store one with",
        ),
        (
            {"seeds": [0], "score": {"baseline": "data/mix/card.json"}},
            "must hold exactly: mmbench, textvqa",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_one_clear_error(
    params: dict[str, Any], message: str
) -> None:
    write_params(**params)
    with pytest.raises(UserError, match=message):
        score.main()


def test_a_baseline_of_another_protocol_or_of_nothing_is_refused() -> None:
    baseline = {"mmbench": 40.0, "textvqa": 20.0, "mmbench_protocol": "circular", "source": "x"}
    write_json("baseline.json", baseline)
    write_params(seeds=[0], score={"baseline": "baseline.json"})
    with pytest.raises(
        UserError, match=r"was measured by circular, score.mmbench_protocol is likelihood"
    ):
        score.main()
    write_json("baseline.json", baseline | {"textvqa": 0})
    with pytest.raises(UserError, match="textvqa is 0; a ratio needs a score above 0"):
        score.main()


def test_the_table_of_an_experiment_is_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    score.main()
    Path("results/other").mkdir()
    for name in ("results/score.json", "results/items.parquet", "params.yaml"):
        shutil.copy(name, "results/other")
    changed = read_json("results/other/score.json") | {
        "mmbench": 12.34,
        "mmbench_likelihood": 12.34,
    }
    write_json("results/other/score.json", changed)
    capsys.readouterr()
    for words, shown in (([], False), (["other"], True)):
        monkeypatch.setattr("sys.argv", ["score", "--show", *words])
        score.main()
        printed = capsys.readouterr().out
        assert ("12.34" in printed) == shown
        assert ("report: results/other/report.html" in printed) == shown


@pytest.mark.parametrize(
    "name",
    ["seeds", "mmbench_low", "mmbench_chance", "textvqa_any_listed_token", "mmbench_protocol"],
)
def test_scores_that_lack_what_is_shown_are_one_clear_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    score.main()
    kept = read_json("results/score.json")
    del kept[name]
    write_json("results/score.json", kept)
    monkeypatch.setattr("sys.argv", ["score", "--show"])
    with pytest.raises(UserError, match=f"^results/score.json has no {name} as the score step"):
        score.main()


def test_scores_older_than_a_protocol_and_the_blind_answers_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    score.main()
    kept = read_json("results/score.json")
    for name in ("mmbench_probability", "mmbench_best_blind", "textvqa_best_blind"):
        del kept[name]
    write_json("results/score.json", kept)
    capsys.readouterr()
    monkeypatch.setattr("sys.argv", ["score", "--show"])
    score.main()
    shown = capsys.readouterr().out
    assert "MMBench vanilla" in shown
    assert "MMBench probability" not in shown


def test_a_report_that_is_older_than_the_scores_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Path("results/report.html")
    score.main()
    report.write_text("of another run")
    monkeypatch.setattr("sys.argv", ["score", "--show"])
    written = Path("results/score.json").stat().st_mtime
    for age, told in ((60, True), (-60, False)):
        os.utime(report, (written - age, written - age))
        capsys.readouterr()
        score.main()
        printed = capsys.readouterr().out
        assert ("is older than these scores" in printed) == told
