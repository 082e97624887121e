"""`bettersynth analyze [RECIPE]`"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.verb_calls import recorded, typed

from bettersynth.settings.refine import RefineSettings

FOLDER = "bettersynth.experiments.report.analysis_folder"


def test_a_recipe_is_analysed_with_the_bounds_asked_for(monkeypatch):
    analyze_recipe = recorded(monkeypatch, f"{FOLDER}.analyze_recipe")
    typed("analyze", "r.yaml", "--quantiles", "0.1", "0.9")
    typed("analyze", "r.yaml", "--k-sigma", "2", "--output", "out")
    typed("analyze", "r.yaml", "--percentiles", "0.05", "0.95")
    recipe = Path("r.yaml")
    assert analyze_recipe.calls == [
        (recipe, None, RefineSettings(""), [0.1, 0.9]),
        (recipe, Path("out"), RefineSettings("k_sigma", k=2.0), []),
        (recipe, None, RefineSettings("percentiles", low=0.05, high=0.95), []),
    ]


def test_without_a_recipe_the_pool_is_analysed(monkeypatch):
    analyze_pool = recorded(monkeypatch, f"{FOLDER}.analyze_pool")
    typed("analyze")
    assert analyze_pool.calls == [(None, RefineSettings(""), [])]


@pytest.mark.parametrize(
    "words", [("--quantiles", "1.5"), ("--k-sigma", "2", "--percentiles", "0", "1")]
)
def test_what_cannot_be_meant_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        typed("analyze", "r.yaml", *words)
    assert "not" in capsys.readouterr().err
