"""`bettersynth run RECIPE`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed

from bettersynth.recipes.engine.run import RunDone


def test_the_recipe_is_run_and_the_ledger_keeps_what_it_took(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    Path("dvc.yaml").write_text("stages: {}\n")
    done = RunDone(Path("out.jsonl"), {"samples": 12, "model_waiting_share": 0.42})
    run_recipe = recorded(monkeypatch, "bettersynth.recipes.engine.run.run_recipe", done)
    typed("run", "recipe.yaml")
    assert run_recipe.calls == [(Path("recipe.yaml"),)]
    typed("costs", "out.jsonl")
    _, run, _, waiting = capsys.readouterr().out.splitlines()
    assert run.startswith("run ")
    assert " 12 " in run
    assert waiting == "of its time the model waited: run 42%"
