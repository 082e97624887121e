"""`bettersynth contamination`"""

from __future__ import annotations

from pathlib import Path

import yaml
from support.verb_calls import recorded, typed

SEARCHING = "bettersynth.evaluation.contamination.searching"


def test_everything_is_looked_for_and_the_folder_is_said(monkeypatch, capsys):
    card = {"benchmark_pictures": 2, "sets": {}, "dropped": {}}
    search = recorded(monkeypatch, f"{SEARCHING}.search_training_data", answer=([], card))
    typed("contamination", "--output", "found")
    ((settings, folder),) = search.calls
    assert folder == Path("found")
    assert {settings.pictures, settings.questions, settings.answers} == {"report"}
    assert "compared with 2 pictures of the benchmarks" in capsys.readouterr().out


def test_questions_that_were_cut_are_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    card = {"benchmark_pictures": 2, "sets": {}, "dropped": {}}
    recorded(monkeypatch, f"{SEARCHING}.search_training_data", answer=([], card))
    Path("data/benchmark").mkdir(parents=True)
    Path("data/benchmark/textvqa.jsonl").write_text("{}\n")
    outs = [{"path": "data/benchmark/textvqa.jsonl", "size": 6}]
    stages = {"benchmark": {"cmd": "x", "outs": outs}}
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    typed("contamination", "--output", "found")
    assert (
        "textvqa.jsonl has 3 bytes, and dvc.lock records 6: it was cut" in capsys.readouterr().err
    )
