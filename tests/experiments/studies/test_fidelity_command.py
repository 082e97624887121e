"""What `bettersynth fidelity` prints and writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cheap_recipes import SKILLS, recipes_of, stage_one

from bettersynth.errors import UserError
from bettersynth.experiments.studies import fidelity_command as module
from bettersynth.experiments.studies.fidelity_command import compare_measures

PAGE = Path("results/fidelity/report.html")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_recipes_are_measured_ranked_and_drawn(monkeypatch, capsys):
    monkeypatch.setattr(module, "read_recipes", lambda names, seed: recipes_of(SKILLS))
    compare_measures(list(SKILLS), 0, PAGE, None)
    printed = capsys.readouterr().out
    assert "good, 3,000 visits: measured in 9.0 CPU seconds" in printed
    assert "pairs right" in printed
    assert printed.endswith("page: results/fidelity/report.html\n")
    assert PAGE.is_file()


def test_few_recipes_are_measured_and_not_ranked(monkeypatch, capsys):
    monkeypatch.setattr(module, "read_recipes", lambda names, seed: recipes_of({"a": 0.5}))
    compare_measures(["a"], 0, PAGE, None)
    assert "1 scored recipes; how measures rank them takes 5" in capsys.readouterr().out
    assert not PAGE.exists()


def test_a_folder_of_stage_one_is_measured_alone(monkeypatch, capsys):
    Path("model").mkdir()
    Path("model/projector.safetensors").write_bytes(b"")
    monkeypatch.setattr(module, "load_params", dict)
    monkeypatch.setattr(module, "measure_folder", lambda folder, params: stage_one(0.5))
    compare_measures(["model"], 0, PAGE, None)
    assert "the caption picks its own picture of two" in capsys.readouterr().out
    with pytest.raises(UserError, match="model is a folder of stage 1, which has no scores"):
        compare_measures(["model", "experiment"], 0, PAGE, None)


def test_a_page_that_is_no_html_is_refused_before_any_work():
    with pytest.raises(UserError, match="--page params.yaml must end in .html"):
        compare_measures(["a"], 0, Path("params.yaml"), None)
