"""`bettersynth baseline` stores what ratios are taken to."""

import sys
from pathlib import Path

import pytest

from bettersynth import cli
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.evaluation.scoring.baseline_scores import Baseline, read_baseline

SCORES = {"mmbench": 40.0, "textvqa": 20.0, "mmbench_protocol": "strict"}


def type_verb(monkeypatch: pytest.MonkeyPatch, baseline: str = "baseline.json") -> None:
    words = ["baseline", "score.json", baseline, "unfiltered, 5 seeds"]
    monkeypatch.setattr(sys, "argv", ["bettersynth", *words])
    cli.main()


def test_the_scores_are_stored_with_where_they_come_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_json("score.json", SCORES | {"seeds": [0]})
    type_verb(monkeypatch)
    assert read_json("baseline.json") == SCORES | {"source": "unfiltered, 5 seeds"}
    assert read_baseline(Path("baseline.json")) == Baseline(
        40.0, 20.0, "strict", "unfiltered, 5 seeds"
    )


def test_a_score_that_is_not_there_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="^error: score.json does not exist; make it with `snake"):
        type_verb(monkeypatch)
    write_json("score.json", {"mmbench": 1})
    with pytest.raises(SystemExit, match="^error: score.json is not a score.json of the score"):
        type_verb(monkeypatch)


@pytest.mark.parametrize("output", ["params.yaml", "conf/config.yaml", "score.json"])
def test_neither_the_settings_nor_the_scores_are_written_over(tmp_path, monkeypatch, output):
    monkeypatch.chdir(tmp_path)
    Path("conf").mkdir()
    write_json("score.json", SCORES)
    if output != "score.json":
        Path(output).write_text("mine: 1\n")
    before = Path(output).read_bytes()
    with pytest.raises(SystemExit, match=f"BASELINE {output} would be written over {output}, "):
        type_verb(monkeypatch, output)
    assert Path(output).read_bytes() == before
