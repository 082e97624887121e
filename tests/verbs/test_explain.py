"""`bettersynth explain ID` and `bettersynth explain --score`"""

from __future__ import annotations

import pytest
from support.verb_calls import recorded, typed

from bettersynth.errors import UserError


def test_a_sample_is_explained_in_an_experiment(monkeypatch, capsys):
    explain = recorded(monkeypatch, "bettersynth.experiments.history.explain.explain", "s1")
    typed("explain", "s1")
    typed("explain", "s1", "results/similarity")
    assert explain.calls == [("s1", "workspace"), ("s1", "results/similarity")]
    assert capsys.readouterr().out == "s1\ns1\n"


def test_a_score_is_traced_with_or_without_a_number(monkeypatch, capsys):
    name = "bettersynth.experiments.history.provenance.explain_score"
    explain_score = recorded(monkeypatch, name, "verified")
    typed("explain", "--score")
    typed("explain", "--score", "mmbench", "--of", "better")
    assert explain_score.calls == [("", "workspace"), ("mmbench", "better")]
    assert capsys.readouterr().out == "verified\nverified\n"


@pytest.mark.parametrize("words", [("explain",), ("explain", "s1", "--score")])
def test_both_or_neither_is_refused(words):
    with pytest.raises(UserError, match="explain needs a sample's id, or --score"):
        typed(*words)
