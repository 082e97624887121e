"""`bettersynth estimate [NAME]`"""

from __future__ import annotations

from support.verb_calls import recorded, typed

ESTIMATES = "bettersynth.experiments.history.estimates"


def test_the_table_of_the_named_experiment_is_printed(monkeypatch, capsys):
    estimate = recorded(monkeypatch, f"{ESTIMATES}.estimate", answer="told")
    described = recorded(monkeypatch, f"{ESTIMATES}.described", answer="a table")
    typed("estimate", "unfiltered")
    typed("estimate", "--anew")
    assert estimate.calls == [("unfiltered", False), (None, True)]
    assert described.calls == [("told",), ("told",)]
    assert capsys.readouterr().out == "a table\na table\n"
