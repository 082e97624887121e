"""A target that nothing makes is told with the nearest one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.asked_targets import require_made

OUTPUTS = ["results/score.json", "results/report.html", "data/mix/card.json"]


def is_made(target: str) -> bool:
    return target in OUTPUTS or target.startswith("results/tiny/")


def test_a_misspelt_target_is_told_with_the_nearest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    require_made(["--cores", "all", "results/score.json"], is_made, OUTPUTS)
    require_made(["results/tiny/score.json", "all"], is_made, OUTPUTS)
    with pytest.raises(
        UserError, match=r"nothing makes results/scores.json .did you mean results/"
    ):
        require_made(["--cores", "all", "results/scores.json"], is_made, OUTPUTS)
    # an option's value is no target, and what is there needs no rule
    require_made(["--report", "results/other.html"], is_made, OUTPUTS)
    Path("data").mkdir()
    Path("data/mine.json").touch()
    require_made(["data/mine.json"], is_made, OUTPUTS)
