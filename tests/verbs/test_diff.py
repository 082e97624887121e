"""`bettersynth diff FIRST SECOND`"""

from __future__ import annotations

from support.verb_calls import recorded, typed


def test_the_difference_is_printed_with_the_examples_asked_for(monkeypatch, capsys):
    diff = recorded(monkeypatch, "bettersynth.experiments.history.diff.diff", answer="data: same")
    typed("diff", "a", "b", "--examples", "2")
    assert diff.calls == [("a", "b", 2)]
    assert capsys.readouterr().out == "data: same\n"
