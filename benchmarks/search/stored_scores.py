"""Evaluators for replays: the answers of `exhaustive.py`, as they are or without their recipes."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from scipy import stats

from bettersynth.errors import UserError
from bettersynth.evaluation.statistics.pictures import by_picture
from bettersynth.experiments.search.candidates import Asked, Measured
from bettersynth.experiments.studies.measures import MEASURES

WHOLE, CHEAP = 9000, 3000
HALVES = ("seen", "unseen")
# stages that one seed pays for
STAGE_ONE = "pretrain"
OF_SEED = (STAGE_ONE, "finetune", "predict mmbench", "predict textvqa")
# stages that each recipe pays for once
OF_RECIPE = ("filter", "caption", "restats", "draw", "mix", "contamination", "score")
EXHAUSTIVE_SEEDS = 5
# recipe, is it the control, visits
Key = tuple[int, bool, int]


@dataclasses.dataclass(frozen=True)
class Stored:
    """`halves` has `[seeds, pictures]` of MMBench by key and half, `measures` a value a seed by
    recipe, visits and measure, `costs` seconds: `(visits, measure or None)` of one seed, `recipe`
    of what a recipe takes before its seeds.
    """

    halves: dict[Key, dict[str, np.ndarray]]
    measures: dict[tuple[int, int, str], np.ndarray]
    costs: dict[tuple[int, str | None], float]
    recipe: float

    @property
    def recipes(self) -> list[int]:
        """Numbers of those that were trained whole on all seeds; 0 is the start."""
        numbers = []
        for number, control, visits in self.halves:
            whole = self.halves[number, control, visits]["seen"]
            if visits == WHOLE and not control and len(whole) == EXHAUSTIVE_SEEDS:
                numbers.append(number)
        return sorted(numbers)

    def score(self, number: int, half: str) -> float:
        """Return a recipe's mean over all seeds in percent."""
        return 100 * float(self.halves[number, False, WHOLE][half].mean())


def read_stored(folder: Path) -> Stored:
    """Return the tables of a folder; `stage_one.parquet` may be missing.

    Raises:
        UserError: there are none, no recipe was trained whole, or the start was not.
    """
    if not (folder / "answers.parquet").is_file():
        raise UserError(f"{folder} has no answers.parquet; run exhaustive.py --to {folder} first")
    answers = pq.read_table(folder / "answers.parquet").to_pandas()
    answers = answers[answers["benchmark"] == "mmbench"]
    halves: dict[Key, dict[str, np.ndarray]] = {}
    for (number, control, visits), rows in answers.groupby(["recipe", "control", "visits"]):
        key = (int(number), bool(control), int(visits))
        halves[key] = {half: _by_picture(rows[rows["half"] == half]) for half in HALVES}
    if (0, False, WHOLE) not in halves:
        raise UserError(f"{folder}: recipe 0, which all others are held against, has no answers")
    path = folder / "stage_one.parquet"
    measures: dict[tuple[int, int, str], np.ndarray] = {}
    measuring: dict[str, float] = {}
    if path.is_file():
        table = pq.read_table(path).to_pandas().sort_values(["recipe", "visits", "seed"])
        for (number, visits, name), rows in table.groupby(["recipe", "visits", "measure"]):
            measures[int(number), int(visits), str(name)] = rows["value"].to_numpy()
        measuring = table.groupby("measure")["cpu_seconds"].mean().to_dict()
    costs, recipe = _costs(pq.read_table(folder / "costs.parquet").to_pandas(), measuring)
    stored = Stored(halves, measures, costs, recipe)
    if not stored.recipes:
        raise UserError(f"{folder}: no recipe has {EXHAUSTIVE_SEEDS} seeds with {WHOLE} visits")
    return stored


def _by_picture(rows: pd.DataFrame) -> np.ndarray:
    rows = rows.assign(picture=rows["picture"].fillna(rows["item"])).sort_values("item")
    by_seed = [of_seed for _, of_seed in rows.groupby("seed")]
    scores = np.stack([of_seed["score"].to_numpy(dtype=float) for of_seed in by_seed])
    return by_picture(scores, by_seed[0]["picture"].tolist())


def _costs(
    table: pd.DataFrame, measuring: Mapping[str, float]
) -> tuple[dict[tuple[int, str | None], float], float]:
    """Return the mean seconds of one seed by fidelity, and of what a recipe takes before."""
    costs: dict[tuple[int, str | None], float] = {}
    table = table[~table["control"]]
    for visits in (WHOLE, CHEAP):
        own = table[table["visits"] == visits].groupby("stage")["cpu_seconds"].mean()
        # what was not trained, in a run that goes on, costs nothing yet
        parts = own.reindex(OF_SEED).fillna(0.0)
        costs[visits, None] = float(parts.sum())
        for name in MEASURES:
            costs[visits, name] = float(parts[STAGE_ONE] + measuring.get(name, 0.0))
    own = table[(table["visits"] == WHOLE) & table["stage"].isin(OF_RECIPE)]
    by_stage = own.pivot_table(index="stage", columns="recipe", values="cpu_seconds")
    # what the start made for all has its seconds in every recipe
    others = by_stage.drop(columns=0, errors="ignore")
    made = others.where(others.ne(by_stage[0], axis=0))
    return costs, float(made.sum().mean()) if len(made.columns) else 0.0


class StoredScores:
    """An evaluator of stored answers; which stored seed is which of the search's is drawn.

    The budget is `trainings`; a whole one of one seed is 1. Seeds from `fresh` on confirm.
    """

    def __init__(self, stored: Stored, trainings: float, fresh: int, draw: int):
        self.stored = stored
        self.trainings = trainings
        self.fresh = fresh
        self.draw = draw
        self.order = self.rng("seeds").permutation(EXHAUSTIVE_SEEDS)
        # candidate, is it the control, visits, measure, seed
        self.trained: set[tuple[int, bool, int, str | None, int]] = set()

    def rng(self, name: str) -> np.random.Generator:
        """Return the generator of one purpose."""
        return np.random.default_rng([self.draw, zlib.crc32(name.encode())])

    def prepare(self, asked: Asked) -> None:
        """Nothing is shared here."""

    def measure(self, asked: Sequence[Asked]) -> list[Measured]:
        """Return what was stored."""
        return [self._measured(one) for one in asked]

    def _measured(self, one: Asked) -> Measured:
        # whatever recipe wins, the stored control is the start's
        number = 0 if one.control else one.candidate.number
        for seed in one.seeds:
            what = one.candidate.number, one.control, one.visits, one.measure, seed
            self.trained.add(what)
        if one.measure is not None:
            mean = self.value(number, one.visits, one.measure, one.seeds)
            return Measured(one, (MEASURES[one.measure].better * mean,))
        halves = self.answers(number, one.visits, one.seeds, one.control)
        seen, unseen = (halves[half] for half in HALVES)
        return Measured(one, (100 * float(seen.mean()),), seen, unseen)

    def value(self, number: int, visits: int, measure: str, seeds: Sequence[int]) -> float:
        """Return a measure's mean over these seeds."""
        values = self.stored.measures[number, visits, measure]
        return float(np.mean([values[place] for place in self._places(seeds, len(values))]))

    def answers(
        self, number: int, visits: int, seeds: Sequence[int], control: bool
    ) -> dict[str, np.ndarray]:
        """Return `[seeds, pictures]` of each half."""
        halves = self.stored.halves[number, control, visits]
        places = self._places(seeds, len(halves["seen"]))
        return {half: scores[places] for half, scores in halves.items()}

    def _places(self, seeds: Sequence[int], count: int) -> list[int]:
        """Return which stored seeds these are; where fewer were stored, in the order drawn too."""
        order = [place for place in self.order if place < count]
        return [int(order[seed]) for seed in seeds]

    def cost(self, confirming: bool) -> float:
        """Return the trainings that choosing took, or confirming; what a recipe takes before its
        seeds counts once.
        """
        seconds = 0.0
        recipes = set()
        for number, control, visits, measure, seed in self.trained:
            if (control or seed >= self.fresh) == confirming:
                seconds += self.stored.costs[visits, measure]
            # the control is a recipe of its own
            if control == confirming:
                recipes.add((number, control))
        seconds += len(recipes) * self.stored.recipe
        return seconds / self.stored.costs[WHOLE, None]

    def spent(self) -> float:
        """Return the share of the budget that all of it took."""
        return (self.cost(False) + self.cost(True)) / self.trainings


class AlikeScores(StoredScores):
    """All recipes are the start under other names: how false winners come about.

    A training's luck is that of a drawn stored one less its recipe's mean. Where answers are right
    or wrong, each question is drawn by how often the start's seeds were right, moved by that luck;
    of probabilities it is the one of a drawn seed of the start's, and the luck. Cheap measures are
    the start's, with the luck of a drawn one.
    """

    def answers(
        self, number: int, visits: int, seeds: Sequence[int], control: bool
    ) -> dict[str, np.ndarray]:
        """Return drawn answers, the same whenever they are asked for."""
        start = self.stored.halves[0, False, WHOLE]
        rows: dict[str, list[np.ndarray]] = {half: [] for half in HALVES}
        for seed in seeds:
            rng = self.rng(f"{number} {visits} {seed} {control}")
            luck = rng.choice(self.lucks())
            for half in HALVES:
                are_hits = bool(np.isin(start[half], (0.0, 1.0)).all())
                drawn = _drawn_hits if are_hits else _drawn_probabilities
                rows[half].append(drawn(start[half], luck, rng))
        return {half: np.stack(own) for half, own in rows.items()}

    def lucks(self) -> np.ndarray:
        """Return how far each whole training is from its recipe's mean, as shares."""
        lucks = []
        for number in self.stored.recipes:
            halves = self.stored.halves[number, False, WHOLE]
            means = np.concatenate([halves[half] for half in HALVES], axis=1).mean(axis=1)
            # the mean of n is nearer to each of them than the truth is
            widened = np.sqrt(len(means) / (len(means) - 1))
            lucks += list((means - means.mean()) * widened)
        return np.array(lucks)

    def value(self, number: int, visits: int, measure: str, seeds: Sequence[int]) -> float:
        """Return the start's mean, with the luck of as many drawn seeds."""
        rests = []
        for (_, of_visits, name), values in self.stored.measures.items():
            if (of_visits, name) == (visits, measure) and len(values) > 1:
                widened = np.sqrt(len(values) / (len(values) - 1))
                rests += list((values - values.mean()) * widened)
        start = float(self.stored.measures[0, visits, measure].mean())
        lucks = [self.rng(f"{number} {visits} {measure} {seed}").choice(rests) for seed in seeds]
        return start + float(np.mean(lucks))


def _drawn_hits(start: np.ndarray, luck: float, rng: np.random.Generator) -> np.ndarray:
    """Return `[pictures]` of 0 and 1, each as likely as in `start [seeds, pictures]`."""
    # half an answer more of either kind: no question is beyond reach
    level = stats.norm.ppf((start.sum(axis=0) + 0.5) / (len(start) + 1))
    slope = float(stats.norm.pdf(level).mean())
    chance = stats.norm.cdf(level + luck / slope)
    return (rng.random(len(level)) < chance).astype(float)


def _drawn_probabilities(start: np.ndarray, luck: float, rng: np.random.Generator) -> np.ndarray:
    """Return `[pictures]`, each that of a seed of `start [seeds, pictures]`, moved by `luck`."""
    seeds = rng.integers(len(start), size=start.shape[1])
    return np.clip(start[seeds, np.arange(start.shape[1])] + luck, 0, 1)
