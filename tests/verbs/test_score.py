"""`bettersynth score`"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.verb_calls import recorded, typed

ARGUMENTS = ("score", "--benchmark", "mmbench", "--questions", "q.tsv", "--predictions", "p.xlsx")


def test_files_are_scored_by_all_protocols_or_by_the_one_asked_for(monkeypatch):
    name = "bettersynth.evaluation.scoring.score_files.score_files"
    score_files = recorded(monkeypatch, name)
    typed(*ARGUMENTS)
    typed(*ARGUMENTS, "--protocol", "strict", "--output", "s.json")
    files = ("mmbench", Path("q.tsv"), Path("p.xlsx"))
    assert score_files.calls == [
        (*files, None, None, None),
        (*files, "strict", Path("s.json"), None),
    ]


def test_other_benchmarks_are_refused(capsys):
    with pytest.raises(SystemExit):
        typed("score", "--benchmark", "vqa", "--questions", "q", "--predictions", "p")
    assert "choose from" in capsys.readouterr().err
