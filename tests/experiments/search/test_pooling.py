"""Scores and cheap measures together tell more than either."""

import numpy as np
import pytest

from bettersynth.experiments.search.pooling import Evidence, expected_scores


def drawn(seed: int, rho: float, seeds: int, scored: int = 24) -> tuple[np.ndarray, list[Evidence]]:
    """Return the true scores of 24 candidates, 3 points wide, and what was measured of them."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(24)
    cheap = rho * truth + np.sqrt(1 - rho**2) * rng.standard_normal(24)
    first = np.argsort(-cheap)[:scored]
    evidence = []
    for place in range(24):
        scores = 60 + 3 * truth[place] + 2.3 * rng.standard_normal(seeds)
        known = tuple(scores) if place in first else ()
        evidence.append(Evidence((float(cheap[place]),), known, 2.5))
    return 60 + 3 * truth, evidence


def error(rho: float, of) -> float:
    errors = []
    for seed in range(60):
        truth, evidence = drawn(seed, rho, 1)
        errors.append(np.mean((of(evidence) - truth) ** 2))
    return float(np.mean(errors))


def scores_alone(evidence):
    return expected_scores([Evidence((), one.scores, one.error) for one in evidence])


def test_together_they_err_less_than_each_alone():
    def raw(evidence):
        return np.array([one.scores[0] for one in evidence])

    together = error(0.85, expected_scores)
    assert together < 0.75 * error(0.85, scores_alone) < 0.75 * error(0.85, raw)
    # what is known exactly here: 1 / (1 / (9 (1 - rho^2)) + 1 / 2.3^2)
    assert together < 1.25 * 1.69


def test_a_measure_that_tells_nothing_does_little_harm():
    # that it tells nothing has to be learnt from 24 candidates
    assert error(0.0, expected_scores) < 1.3 * error(0.0, scores_alone)


def test_without_scores_the_order_is_the_measures():
    evidence = [Evidence((value,)) for value in (0.5, 0.9, 0.7)]
    assert np.argsort(expected_scores(evidence)).tolist() == [0, 2, 1]


def test_the_choice_is_better_than_the_best_score():
    """Of those with the best measures, as a search has them."""
    regrets = {"raw": [], "pooled": []}
    for seed in range(100):
        truth, evidence = drawn(seed, 0.85, 1, scored=4)
        raw = [np.mean(one.scores) if one.scores else -np.inf for one in evidence]
        expected = np.where(np.isfinite(raw), expected_scores(evidence), -np.inf)
        regrets["raw"].append(truth.max() - truth[np.argmax(raw)])
        regrets["pooled"].append(truth.max() - truth[np.argmax(expected)])
    assert np.mean(regrets["pooled"]) < np.mean(regrets["raw"])


def test_more_seeds_count_more_and_units_do_not_matter():
    evidence = [Evidence((0.0,), (60.0,), 2.0), Evidence((0.1,), (62.0,), 2.0)]
    once = expected_scores([*evidence, Evidence((-0.1,), (64.0,), 2.0)])
    often = expected_scores([*evidence, Evidence((-0.1,), (64.0,) * 5, 2.0)])
    assert often[2] > once[2]
    shares = []
    for one in evidence:
        scores = tuple(score / 100 for score in one.scores)
        shares.append(Evidence(one.cheap, scores, one.error / 100))
    assert expected_scores(shares) * 100 == pytest.approx(expected_scores(evidence))


def test_what_was_not_measured_or_is_the_same_for_all_is_left_out():
    evidence = [Evidence((1.0, None), (50.0,), 2.0), Evidence((1.0, 2.0), (60.0,), 2.0)]
    values = expected_scores([*evidence, Evidence((1.0, 1.0))])
    assert np.isfinite(values).all()
    assert values[1] > values[0]
    assert expected_scores([Evidence(), Evidence()]).tolist() == [0, 0]
