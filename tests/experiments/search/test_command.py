"""A search that is asked for writes its finding, its page, its study and the winner's file."""

import json
from pathlib import Path

import pytest
from support.small_search import DrawnEvaluator, small_settings

from bettersynth.experiments.search import command

SEARCH = small_settings(candidates=4, experiment=None)


class Kept(DrawnEvaluator):
    """Drawn answers in the place of trials."""

    def __init__(self, search, name, workers):
        super().__init__()
        self.outcomes = {}

    def seconds(self, kind: str) -> float:
        return 3.0


@pytest.mark.parametrize("killed", [False, True])
def test_its_files_lie_side_by_side_and_a_kill_changes_none(tmp_path, monkeypatch, killed):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "read_search", lambda name: SEARCH)
    monkeypatch.setattr(command, "require_search", lambda *_: None)
    monkeypatch.setattr(command, "TrialEvaluator", Kept)
    folder = Path("results/search/small")
    if killed:
        folder.mkdir(parents=True)
        # half a line of a study
        (folder / "study.journal").write_text('{"op_code": 0, "wor')
    said = command.run_search("small", workers=2)
    assert said.endswith("page: results/search/small/report.html")
    best = json.loads((folder / "best.json").read_text())
    assert best["winner"]["candidate"] == "c004"
    page = (folder / "report.html").read_text()
    assert "<h1>The search small</h1>" in page and "filter.threshold" in page
    assert page.count("<svg") == 2
    assert "threshold" in (folder / "winner.yaml").read_text()
