"""`bettersynth compare NAME [NAME ...]`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed


def test_names_and_page_go_to_the_comparison(monkeypatch):
    compare_runs = recorded(monkeypatch, "bettersynth.experiments.history.compare.compare_runs")
    typed("compare", "a", "b", "c")
    typed("compare", "a", "--page", "other.html", "--seed-spread", "c")
    assert compare_runs.calls == [
        (["a", "b", "c"], Path("results/compare.html"), None),
        (["a"], Path("other.html"), "c"),
    ]
