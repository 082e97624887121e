"""How well attributions foretell what retraining on parts of the samples gives.

Letters in shapes: H trainings, each on a part of S samples; A asked items.
"""

from __future__ import annotations

import dataclasses
import zlib

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score

from bettersynth.evaluation.statistics.intervals import LEVEL
from bettersynth.evaluation.statistics.rank_correlation import spearman
from bettersynth.evaluation.statistics.roc_area import area_interval

DRAWS = 300
FOLDS = 10
# of the ridge, tried in each fold on its own trainings
PENALTIES = tuple(10.0**power for power in range(6))


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """As it is printed."""
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def datamodelling_score(
    predicted: np.ndarray, measured: np.ndarray, draws: int = DRAWS
) -> Estimate | None:
    """Return the mean over items of Spearman's coefficient over trainings, of `[H, A]` each.

    The interval draws trainings and items anew. None where nothing varies.
    Source: TRAK (arXiv 2303.14186), section 2, the linear datamodelling score.
    """
    rng = np.random.default_rng([0, zlib.crc32(b"linear datamodelling score")])
    value = _mean_spearman(predicted, measured)
    if np.isnan(value):
        return None
    trainings, items = measured.shape
    drawn = []
    for _ in range(draws):
        rows = rng.integers(trainings, size=trainings)
        columns = rng.integers(items, size=items)
        chosen = np.ix_(rows, columns)
        drawn.append(_mean_spearman(predicted[chosen], measured[chosen]))
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def _mean_spearman(predicted: np.ndarray, measured: np.ndarray) -> float:
    coefficients = spearman(predicted.T, measured.T)
    known = coefficients[~np.isnan(coefficients)]
    return float(known.mean()) if len(known) else float("nan")


def mismatch_area(values: np.ndarray, planted: np.ndarray) -> Estimate:
    """Return the area under the ROC curve of `values [S]`, low for `planted [S]` mismatches."""
    area = float(roc_auc_score(planted, -values))
    faulty = int(planted.sum())
    return Estimate(area, *area_interval(area, faulty, len(planted) - faulty))


def datamodel_predictions(inside: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return what a linear model of the samples foretells of each training, float `[H, A]`.

    `inside` says which samples a training had, bool `[H, S]`. Each tenth of the trainings is
    foretold by a ridge regression on the others, its penalty chosen among them, as a difference
    from their mean.
    Source: Ilyas et al., Datamodels (arXiv 2202.00622).
    """
    predicted = np.zeros_like(measured)
    folds = np.arange(len(measured)) % FOLDS
    for fold in range(FOLDS):
        others = folds != fold
        weights = datamodel_weights(inside[others], measured[others])
        # without the others' mean, which is low where those left out are high
        predicted[~others] = _centred(inside[~others]) @ weights.T
    return predicted


def datamodel_weights(inside: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return the weight of each sample for each item in a linear model of all, `[A, S]`.

    One penalty holds for all items, each in units of its own spread.
    """
    spread = measured.std(axis=0)
    units = np.where(spread > 0, spread, 1.0)
    model = RidgeCV(alphas=PENALTIES).fit(_centred(inside), measured / units)
    # one item comes back without its axis
    return np.atleast_2d(model.coef_) * units[:, None]


def _centred(inside: np.ndarray) -> np.ndarray:
    return inside.astype(float) - 0.5
