"""`bettersynth fidelity NAME [NAME ...]`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed

TARGET = "bettersynth.experiments.studies.fidelity_command.compare_measures"


def test_names_seed_and_page_go_to_the_measures(monkeypatch):
    compare_measures = recorded(monkeypatch, TARGET)
    typed("fidelity", "a", "b")
    typed("fidelity", "a", "--seed", "2", "--page", "other.html", "--seed-spread", "c")
    assert compare_measures.calls == [
        (["a", "b"], 0, Path("results/fidelity/report.html"), None),
        (["a"], 2, Path("other.html"), "c"),
    ]
