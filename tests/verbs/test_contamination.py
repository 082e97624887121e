"""`bettersynth contamination`"""

from __future__ import annotations

from pathlib import Path

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
