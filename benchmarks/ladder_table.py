"""What the rungs of benchmarks/ladder.py say of each other: which pairs of recipes stand in the
same order, and how far recipes lie apart beside the noise of a training.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from bettersynth.evaluation.statistics.intervals import LEVEL
from bettersynth.evaluation.statistics.pair_agreement import PairAgreement, pair_agreement
from bettersynth.evaluation.statistics.paired import paired_bootstrap
from bettersynth.evaluation.statistics.rank_correlation import RankCorrelation, rank_correlations
from bettersynth.experiments.studies.fidelity import pairs_words, spearman_words

# benchmark and protocol of each metric
METRICS = {
    "likelihood": ("mmbench", "likelihood"),
    "minus prior": ("mmbench", "likelihood_minus_prior"),
    "probability": ("mmbench", "probability"),
    "circular": ("mmbench", "circular"),
    "vanilla": ("mmbench", "vanilla"),
    "textvqa": ("textvqa", "accuracy"),
}
HEADLINE = "likelihood"


@dataclasses.dataclass(frozen=True)
class Rungs:
    """Scores of the same recipes on several decoders, the cheapest first.

    `scores` hold by rung and metric `[recipes, seeds, pictures]` in shares of 1; `parameters` are
    those of the decoder, `seconds` the CPU seconds of a seed's trainings and answers, by rung and
    recipe; None where they are not known.
    """

    recipes: list[str]
    scores: Mapping[str, Mapping[str, np.ndarray]]
    parameters: Mapping[str, int]
    seconds: Mapping[str, Mapping[str, float | None]]


@dataclasses.dataclass(frozen=True)
class SignalToNoise:
    """How recipes and trainings spread, as standard deviations; `ratio` has its interval.

    `signal` is what of the recipes' spread is not the noise of their few seeds, `noise` the spread
    of one training.
    """

    signal: float
    noise: float
    ratio: float
    low: float
    high: float


def signal_to_noise(scores: np.ndarray) -> SignalToNoise | None:
    """Return both spreads of `scores [recipes, seeds]`; None of one recipe or seed, or where no
    training differs.

    The ratio's interval is the exact one of a one-way layout with normal effects.
    Source: Searle, Casella and McCulloch, Variance Components, chapter 3.6.
    """
    recipes, seeds = scores.shape
    within = float(scores.var(axis=1, ddof=1).mean()) if min(recipes, seeds) > 1 else 0.0
    if not within:
        return None
    between = seeds * float(scores.mean(axis=1).var(ddof=1))

    def ratio(critical: float) -> float:
        # of the two mean squares, less what noise alone would give
        return float(np.sqrt(max(0.0, (between / within / critical - 1) / seeds)))

    degrees = recipes - 1, recipes * (seeds - 1)
    low = ratio(float(stats.f.ppf((1 + LEVEL) / 2, *degrees)))
    high = ratio(float(stats.f.ppf((1 - LEVEL) / 2, *degrees)))
    noise = float(np.sqrt(within))
    return SignalToNoise(ratio(1.0) * noise, noise, ratio(1.0), low, high)


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How a cheaper rung's order of recipes agrees with that of a dearer one.

    `told` counts the pairs whose difference there leaves 0 out of its interval, `every` all pairs;
    None where there are none, or where a score never varies.
    """

    told: PairAgreement | None
    every: PairAgreement | None
    spearman: RankCorrelation | None


def agreement(cheap: np.ndarray, dear: np.ndarray) -> Agreement:
    """Return how two rungs agree, both `[recipes, seeds, pictures]`."""
    recipes = len(dear)
    told = np.zeros((recipes, recipes), dtype=bool)
    for one, other in itertools.combinations(range(recipes), 2):
        test = paired_bootstrap(dear[one], dear[other])
        told[one, other] = told[other, one] = test.low > 0 or test.high < 0
    cheap_means = cheap.mean(axis=(1, 2)).tolist()
    dear_means = dear.mean(axis=(1, 2)).tolist()
    # Spearman's stands first
    correlations = rank_correlations(dear_means, cheap_means)[:1]
    return Agreement(
        pair_agreement(dear_means, cheap_means, told),
        pair_agreement(dear_means, cheap_means, np.ones_like(told)),
        correlations[0] if correlations else None,
    )


def ladder_table(rungs: Rungs, headline: str) -> str:
    """Return what is printed: costs, spreads, and how every rung agrees with every dearer one."""
    names = list(rungs.scores)
    lines = [f"{len(rungs.recipes)} recipes: {', '.join(rungs.recipes)}", ""]
    lines += _cost_lines(rungs, names)
    lines += ["", "points of a score, as standard deviations; ratio with its 95 % interval"]
    lines.append(
        f"{'metric':12}{'rung':8}{'lowest':>8}{'highest':>8}{'between recipes':>17}"
        f"{'between seeds':>15}   ratio"
    )
    for metric in METRICS:
        for rung in names:
            lines.append(_spread_line(metric, rung, rungs.scores[rung][metric]))
    lines += ["", "does the cheaper rung order pairs of recipes as the dearer one does?"]
    lines.append(
        f"{'metric':12}{'rungs':18}{'pairs told apart there':>24}{'all pairs':>22}"
        f"{'Spearman':>22}{f'its {headline}, all pairs':>26}"
    )
    for metric in METRICS:
        for cheap, dear in itertools.combinations(names, 2):
            own = rungs.scores[cheap][metric]
            same = agreement(own, rungs.scores[dear][metric])
            of_headline = agreement(own, rungs.scores[dear][headline])
            lines.append(
                f"{metric:12}{f'{cheap} - {dear}':18}{pairs_words(same.told):>24}"
                f"{pairs_words(same.every):>22}{spearman_words(same.spearman):>22}"
                f"{pairs_words(of_headline.every):>26}"
            )
    return "\n".join(lines)


def _cost_lines(rungs: Rungs, names: Sequence[str]) -> list[str]:
    lines = [f"{'rung':8}{'parameters':>12}{'seeds':>7}{'CPU s a seed and recipe':>25}"]
    for rung in names:
        known = [value for value in rungs.seconds[rung].values() if value is not None]
        seconds = f"{np.mean(known):.0f}" if known else "-"
        seeds = next(iter(rungs.scores[rung].values())).shape[1]
        lines.append(f"{rung:8}{rungs.parameters[rung]:>12,}{seeds:>7}{seconds:>25}")
    return lines


def _spread_line(metric: str, rung: str, scores: np.ndarray) -> str:
    """`scores` are `[recipes, seeds, pictures]`."""
    points = 100 * scores.mean(axis=2)
    means = points.mean(axis=1)
    start = f"{metric:12}{rung:8}{means.min():>8.2f}{means.max():>8.2f}"
    found = signal_to_noise(points)
    if found is None:
        return f"{start}{'-':>17}{'-':>15}   -"
    ratio = f"{found.ratio:.2f} ({found.low:.2f}-{found.high:.2f})"
    return f"{start}{found.signal:>17.2f}{found.noise:>15.2f}   {ratio}"
