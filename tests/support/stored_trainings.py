"""Tables as `benchmarks/search/exhaustive.py` writes them, of recipes that differ as one says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

WHOLE, CHEAP = 9000, 3000
QUESTIONS = 200
# seconds of one seed: 30 + 12 + 6 + 2 are one training
STAGES = {"pretrain": 30.0, "finetune": 12.0, "predict mmbench": 6.0, "predict textvqa": 2.0}


def write_tables(folder: Path, levels: list[float], luck: float = 0.01, seed: int = 0) -> None:
    """Write the tables of recipes that are right in these shares, whose trainings' luck has the
    standard deviation `luck`; the cheap measure is the level itself.
    """
    rng = np.random.default_rng(seed)
    answers = []
    for number, level in enumerate([*levels, levels[0]]):
        control = number == len(levels)
        recipe = 0 if control else number
        for visits, seeds in ((WHOLE, 5), (CHEAP, 2)):
            for training in range(0 if control and visits == CHEAP else seeds):
                chance = level + luck * rng.standard_normal()
                right = rng.random(QUESTIONS) < chance
                answers += _rows(recipe, control, visits, training, right)
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(answers).to_parquet(folder / "answers.parquet")
    measured = []
    for number, level in enumerate(levels):
        for training in range(5):
            row = {"recipe": number, "visits": CHEAP, "seed": training}
            row |= {"measure": "options_probability", "cpu_seconds": 5.0}
            measured.append(row | {"value": level + 0.001 * training})
    pd.DataFrame(measured).to_parquet(folder / "stage_one.parquet")
    pd.DataFrame(_costs(len(levels))).to_parquet(folder / "costs.parquet")


def _rows(recipe: int, control: bool, visits: int, training: int, right: np.ndarray) -> list[dict]:
    rows = []
    for item, is_right in enumerate(right):
        row = {"recipe": recipe, "control": control, "visits": visits, "seed": training}
        row |= {"benchmark": "mmbench", "half": "seen" if item % 2 else "unseen"}
        rows.append(row | {"item": str(item), "picture": None, "score": float(is_right)})
    return rows


def _costs(recipes: int) -> list[dict]:
    rows = []
    for number in range(recipes):
        for visits, target in ((WHOLE, "score"), (CHEAP, "pretrain")):
            of_trial = {"recipe": number, "control": False, "visits": visits, "target": target}
            # captions are made once for all, a training set for each
            rows.append(of_trial | {"stage": "caption", "seed": None, "cpu_seconds": 30.0})
            seconds = 2.0 + 1e-6 * number
            rows.append(of_trial | {"stage": "mix", "seed": None, "cpu_seconds": seconds})
            for stage, seconds in STAGES.items():
                if target == "pretrain" and stage != "pretrain":
                    continue
                share = visits / WHOLE
                rows.append(of_trial | {"stage": stage, "seed": 0, "cpu_seconds": seconds * share})
    return rows
