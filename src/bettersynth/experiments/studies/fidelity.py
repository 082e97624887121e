"""Which cheap measure of a recipe ranks recipes as the full score does."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.halves import Half, items_of_half
from bettersynth.evaluation.scoring.item_scores import item_pictures, picture_scores
from bettersynth.evaluation.scoring.lent_spread import lent
from bettersynth.evaluation.statistics.pair_agreement import PairAgreement, pair_agreement
from bettersynth.evaluation.statistics.paired import paired_bootstrap
from bettersynth.evaluation.statistics.pictures import by_picture
from bettersynth.evaluation.statistics.rank_correlation import (
    FEWEST,
    RankCorrelation,
    rank_correlations,
)
from bettersynth.experiments.history.compared_runs import Run
from bettersynth.experiments.history.score_differences import paired_scores
from bettersynth.experiments.studies.cheap_runs import (
    CheapRun,
    Recipes,
    training_seconds,
)
from bettersynth.experiments.studies.measures import LABEL_WIDTH, MEASURES

BENCHMARK = "mmbench"


@dataclasses.dataclass(frozen=True)
class FidelityRow:
    """How one measure after so many visits agrees with the full score, over `recipes` recipes.

    `unseen` is the agreement with the score of MMBench's unseen half: measures that ask MMBench ask
    its seen half alone. `cpu_seconds` is the mean of a recipe; None where none was measured here.
    """

    visits: int
    measure: str
    recipes: int
    agreement: PairAgreement | None
    unseen: PairAgreement | None
    spearman: RankCorrelation | None
    cpu_seconds: float | None

    @property
    def label(self) -> str:
        """The measure in words."""
        return MEASURES[self.measure].label


@dataclasses.dataclass(frozen=True)
class _FullScores:
    """The score in [0, 1] of each recipe, and which pairs differ, bool `[recipes, recipes]`."""

    values: np.ndarray
    told_apart: np.ndarray

    def agreement(self, places: Sequence[int], cheap: Sequence[float]) -> PairAgreement | None:
        """Return how a cheap measure of the recipes in these places agrees."""
        counted = self.told_apart[np.ix_(places, places)]
        return pair_agreement(self.values[places].tolist(), cheap, counted)


@dataclasses.dataclass(frozen=True)
class Fidelity:
    """All rows, the best pairs first within equal visits; what they were compared with.

    `told` of `pairs` pairs of recipes differ by more than their interval. `seeds` are those of the
    full scores, `full_seconds` a full run's mean CPU seconds.
    """

    rows: list[FidelityRow]
    scores: dict[str, float]
    pairs: int
    told: int
    seeds: list[int]
    full_seconds: float | None


def fidelity(recipes: Recipes, spread: pa.Table | None = None) -> Fidelity:
    """Return how every measure of `recipes` agrees with MMBench's headline score.

    With one seed `spread`, the items of an experiment with several, lends its spread.

    Raises:
        UserError: fewer than five recipes have scores, or they answered other questions.
    """
    runs = list(recipes.full.values())
    if len(runs) < FEWEST:
        raise UserError(
            f"{len(runs)} of these experiments have scores of different recipes; how orders agree "
            f"takes {FEWEST}"
        )
    whole = _full_scores(runs, spread, None)
    unseen = _full_scores(runs, spread, "unseen")
    rows = []
    for visits in sorted({run.visits for run in recipes.cheap}):
        of_visits = {run.recipe: run for run in recipes.cheap if run.visits == visits}
        places = [place for place, run in enumerate(runs) if run.name in of_visits]
        cheap = [of_visits[runs[place].name] for place in places]
        rows += _rows_of_visits(visits, places, cheap, whole, unseen)
    return Fidelity(
        rows=rows,
        scores={run.name: float(run.score[BENCHMARK]) for run in runs},
        pairs=len(runs) * (len(runs) - 1) // 2,
        told=int(np.triu(whole.told_apart, 1).sum()),
        seeds=sorted({run.score["seeds"] for run in runs}),
        full_seconds=_mean([training_seconds(run) for run in runs]),
    )


def _full_scores(runs: Sequence[Run], spread: pa.Table | None, half: Half | None) -> _FullScores:
    """Return the scores over one half of the items, or over all (None).

    Raises:
        UserError: two runs answered other questions, or have no seed in common.
    """
    protocol = str(runs[0].score["mmbench_protocol"])
    if half:
        runs = [dataclasses.replace(run, items=items_of_half(run.items, half)) for run in runs]
        spread = None if spread is None else items_of_half(spread, half)
    values = [float(picture_scores(run.items, BENCHMARK, protocol).mean()) for run in runs]
    return _FullScores(np.array(values), told_apart(runs, protocol, spread))


def told_apart(runs: Sequence[Run], protocol: str, spread: pa.Table | None = None) -> np.ndarray:
    """Return bool `[runs, runs]`: the interval of a pair's difference in MMBench leaves 0 out.

    Raises:
        UserError: two runs answered other questions, or have no seed in common.
    """
    pictures = item_pictures(runs[0].items, BENCHMARK, protocol)
    spread_of = lent(spread, BENCHMARK, protocol)
    told = np.zeros((len(runs), len(runs)), dtype=bool)
    for one, other in itertools.combinations(range(len(runs)), 2):
        first, second = paired_scores(runs[one], runs[other], BENCHMARK, protocol)
        test = paired_bootstrap(
            by_picture(first, pictures), by_picture(second, pictures), spread_of=spread_of
        )
        told[one, other] = told[other, one] = test.low > 0 or test.high < 0
    return told


def _rows_of_visits(
    visits: int,
    places: list[int],
    cheap: Sequence[CheapRun],
    whole: _FullScores,
    unseen: _FullScores,
) -> list[FidelityRow]:
    """Return a row a measure, the one with the most pairs right first.

    `places` are where the recipes of `cheap` stand in the full scores.
    """
    rows = []
    for measure, about in MEASURES.items():
        values = [about.better * run.stage_one.values[measure] for run in cheap]
        # Spearman's stands first
        correlations = rank_correlations(whole.values[places].tolist(), values)[:1]
        row = FidelityRow(
            visits=visits,
            measure=measure,
            recipes=len(cheap),
            agreement=whole.agreement(places, values),
            unseen=unseen.agreement(places, values),
            spearman=correlations[0] if correlations else None,
            cpu_seconds=_mean([run.cpu_seconds(measure) for run in cheap]),
        )
        rows.append(row)
    rows.sort(key=lambda row: -row.agreement.share if row.agreement else 0.0)
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def fidelity_table(result: Fidelity) -> str:
    """Return what is printed: a line a measure."""
    lines = [
        f"MMBench of {len(result.scores)} recipes, {' or '.join(map(str, result.seeds))} seed(s) "
        f"each: {result.told} of {result.pairs} pairs differ by more than their interval",
        f"{'visits':>7}  {'measure':{LABEL_WIDTH}}{'pairs right':>26}{'of unseen half':>26}"
        f"{'Spearman':>22}{'CPU s':>7}  of full",
    ]
    for row in result.rows:
        lines.append(
            f"{row.visits or 'all':>7}  {row.label:{LABEL_WIDTH}}{pairs_words(row.agreement):>26}"
            f"{pairs_words(row.unseen):>26}{spearman_words(row.spearman):>22}"
            f"{cost_words(row, result.full_seconds)}"
        )
    return "\n".join(lines)


def pairs_words(agreement: PairAgreement | None) -> str:
    """Return how many pairs are right, and the share's interval."""
    if agreement is None:
        return "no pair told apart"
    bounds = f"{agreement.low:.2f}-{agreement.high:.2f}"
    return f"{agreement.right:g} of {agreement.pairs} ({bounds})"


def spearman_words(correlation: RankCorrelation | None) -> str:
    """Return Spearman's coefficient with its interval."""
    if correlation is None:
        return "-"
    return f"{correlation.value:+.2f} ({correlation.low:+.2f} {correlation.high:+.2f})"


def cost_words(row: FidelityRow, full_seconds: float | None) -> str:
    """Return a recipe's CPU seconds and their share of a full run's."""
    if row.cpu_seconds is None:
        return f"{'-':>7}  -"
    share = f"{100 * row.cpu_seconds / full_seconds:.0f} %" if full_seconds else "-"
    return f"{row.cpu_seconds:>7.0f}  {share}"
