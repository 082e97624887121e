"""`bettersynth report`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed


def test_the_page_is_written_and_missing_scores_are_said(monkeypatch, capsys):
    target = "bettersynth.experiments.report.recorded_run.write_recorded_report"
    written = recorded(monkeypatch, target, True)
    typed("report")
    written.answer = False
    typed("report", "--page", "b.html")
    assert written.calls == [(Path("results/recorded.html"),), (Path("b.html"),)]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "page: results/recorded.html"
    assert said[1].startswith("page: b.html, without scores: `bettersynth status`")
