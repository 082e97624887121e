"""What all measurements of a search together let one expect of each candidate's score.

A training is noisy, and a cheap measure is another number than the score. A candidate's score on
one seed, beside what its cheap measures foretold, says more than either alone: the lucky one of
many comes down, the unlucky one goes up.

The model: a candidate's true score is normal around the others'; each cheap measure, standardised,
correlates with it by `rho`; a seed's score scatters around the truth. How wide candidates spread,
how much seeds scatter and `rho` are not known: all of a grid's values count by how likely they make
what was measured (empirical Bayes with a grid as in Gelman et al., Bayesian Data Analysis, 5.4).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

# widths are multiples of a training's own standard error over pictures
SPREADS = (0.2, 0.4, 0.8, 1.2, 1.8, 3.0)
SCATTERS = (0.5, 0.75, 1.0, 1.3)
CORRELATIONS = (0.0, 0.4, 0.65, 0.8, 0.9, 0.97)


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What was measured of one candidate.

    `cheap` has a value a cheap fidelity, None where it was not measured, always in one order.
    `scores` are those of its seeds at full length; `error` is the standard error of one of them
    over pictures.
    """

    cheap: tuple[float | None, ...] = ()
    scores: tuple[float, ...] = ()
    error: float = 0.0


def expected_scores(candidates: Sequence[Evidence]) -> np.ndarray:
    """Return the expected true score of each candidate, in the unit of `scores`.

    Without any scores the order is that of the cheap measures, around 0.
    """
    cheap = _standardised(candidates)  # [candidates, measures], NaN where there is none
    means = np.array([np.mean(one.scores) if one.scores else np.nan for one in candidates])
    counts = np.array([len(one.scores) for one in candidates])
    errors = [one.error for one in candidates if one.scores and one.error > 0]
    unit = float(np.mean(errors)) if errors else 1.0
    within = sum(float(np.var(one.scores)) * len(one.scores) for one in candidates if one.scores)
    repeats = int(np.maximum(counts - 1, 0).sum())
    expected, weights = [], []
    for spread, scatter, rho in itertools.product(SPREADS, SCATTERS, CORRELATIONS):
        variance = (scatter * unit) ** 2
        of_cheap, loglik = _told_by_cheap(cheap, rho)
        values, more = _told_by_scores(of_cheap, means, counts, spread * unit, variance)
        # what seeds of one candidate differ by
        more -= 0.5 * (repeats * np.log(variance) + within / variance)
        expected.append(values)
        weights.append(loglik + more)
    shares = np.exp(np.array(weights) - max(weights))
    return np.asarray(shares @ np.array(expected) / shares.sum())


def _standardised(candidates: Sequence[Evidence]) -> np.ndarray:
    columns = []
    for values in zip(*(one.cheap for one in candidates), strict=True):
        column = np.array([np.nan if value is None else value for value in values], dtype=float)
        known = column[~np.isnan(column)]
        width = float(known.std()) if len(known) else 0.0
        # a measure on which all are alike tells nothing
        columns.append((column - known.mean()) / width if width else np.full(len(column), np.nan))
    return np.array(columns).T if columns else np.zeros((len(candidates), 0))


def _told_by_cheap(cheap: np.ndarray, rho: float) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """Return (means, variances) of the standard truth by cheap measures, and their likelihood.

    Measures err independently, each with variance 1 - rho^2 around rho times the truth.
    """
    known = ~np.isnan(cheap)
    noise = 1 - rho**2
    precision = 1 + known.sum(axis=1) * rho**2 / noise
    total = np.where(known, cheap, 0.0)
    means = total.sum(axis=1) * rho / noise / precision
    # of the measures together: normal with covariance noise * I + rho^2 * 1 1'
    squares = (total**2).sum(axis=1) / noise - means**2 * precision
    logdet = known.sum(axis=1) * np.log(noise) + np.log(precision)
    return (means, 1 / precision), float(-0.5 * (logdet + squares).sum())


def _told_by_scores(
    of_cheap: tuple[np.ndarray, np.ndarray],
    means: np.ndarray,
    counts: np.ndarray,
    spread: float,
    variance: float,
) -> tuple[np.ndarray, float]:
    """Return the expected scores, and the likelihood of `means` over `counts` seeds.

    The candidates' common level is whatever fits best, and its own uncertainty counts.
    """
    before, of_before = spread * of_cheap[0], spread**2 * of_cheap[1]
    scored = counts > 0
    if not scored.any():
        return before, 0.0
    noise = variance / counts[scored]
    width = of_before[scored] + noise
    level = float(np.sum((means[scored] - before[scored]) / width) / np.sum(1 / width))
    left = means[scored] - level - before[scored]
    loglik = -0.5 * (np.log(width) + left**2 / width).sum() - 0.5 * np.log(np.sum(1 / width))
    expected = level + before
    expected[scored] += of_before[scored] / width * left
    return expected, float(loglik)
