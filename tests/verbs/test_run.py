"""`bettersynth run RECIPE`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed


def test_the_recipe_is_run(monkeypatch):
    run_recipe = recorded(monkeypatch, "bettersynth.recipes.engine.run.run_recipe")
    typed("run", "recipe.yaml")
    assert run_recipe.calls == [(Path("recipe.yaml"),)]
