"""benchmarks/search/replay.py: searches over stored trainings find the best, and claim little."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from support.stored_trainings import write_tables

ROOT = Path(__file__).parents[3]


def replayed(folder: Path | None, *words: str) -> list[str]:
    command = [sys.executable, str(ROOT / "benchmarks/search/replay.py"), *words]
    if folder:
        command += ["--stored", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.splitlines()


def test_24_trained_recipes_of_nano_have_their_best_found_at_a_tenth_of_the_cost():
    lines = replayed(None, "regret")
    choosing, exhaustive = re.search(r"took ([\d.]+) of (\d+) trainings", lines[0]).groups()
    assert float(choosing) <= 0.1 * float(exhaustive) + 0.5
    # the goal that was set before: a point at most in 18 of 20
    [within] = re.findall(r"^regret: .* in (\d+) of 20$", "\n".join(lines), re.MULTILINE)
    assert int(within) >= 18


def test_a_recipe_that_is_far_better_is_found_in_every_replay(tmp_path):
    write_tables(tmp_path, [0.4, *np.linspace(0.3, 0.5, 22), 0.8])
    lines = replayed(tmp_path, "regret", "--replays", "3", "--budget", "14")
    # 24 recipes of two seconds and five trainings of fifty
    assert "of 121 trainings" in lines[0]
    assert lines[1] == "a difference from the baseline claimed: 3 of 3"
    assert lines[3] == "regret: mean 0.00, at most 1 point in 3 of 3"
    assert lines[4].startswith("of who trains all, and goes by the seen half: mean 0.00")


def test_one_recipe_under_24_names_is_seldom_called_better(tmp_path):
    write_tables(tmp_path, [0.5] * 24)
    lines = replayed(tmp_path, "false", "--replays", "12")
    claimed = int(lines[1].split(": ")[1].split(" of ")[0])
    assert claimed <= 3
    assert len(lines) == 3
