"""benchmarks/search/stored_scores.py: stored answers are read, drawn by seed, and paid for."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from support.stored_trainings import CHEAP, WHOLE, write_tables

from bettersynth.experiments.search.candidates import Asked, Candidate

FOLDER = Path(__file__).parents[3] / "benchmarks/search"
LEVELS = [0.5, 0.55, 0.7, 0.6]


@pytest.fixture
def room(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("stored_scores")


@pytest.fixture
def stored(room, tmp_path):
    write_tables(tmp_path, LEVELS)
    return room.read_stored(tmp_path)


def test_recipes_scores_and_costs_are_read(room, stored):
    assert stored.recipes == [0, 1, 2, 3]
    unseen = [stored.score(number, "unseen") for number in range(4)]
    assert int(np.argmax(unseen)) == 2 and abs(unseen[2] - 70) < 6
    assert stored.costs[WHOLE, None] == 50
    # stage 1 of a third of the visits, and measuring it
    assert stored.costs[CHEAP, "options_probability"] == 15
    assert stored.recipe == pytest.approx(2, abs=1e-4)


def test_seeds_are_drawn_and_every_training_is_paid_once(room, stored):
    evaluator = room.StoredScores(stored, trainings=20, fresh=2, draw=1)
    candidate = Candidate(2, {"recipe": 2})
    [cheap] = evaluator.measure([Asked(candidate, CHEAP, (0,), measure="options_probability")])
    assert cheap.values[0] == pytest.approx(0.7 + 0.001 * evaluator.order[0])
    # its training set, and a cheap training
    assert evaluator.cost(confirming=False) == pytest.approx((2 + 15) / 50, abs=1e-5)
    [first] = evaluator.measure([Asked(candidate, WHOLE, (0,))])
    [both] = evaluator.measure([Asked(candidate, WHOLE, (0, 1))])
    assert (both.seen[0] == first.seen[0]).all() and both.seen.shape == (2, 100)
    halves = stored.halves[2, False, WHOLE]
    assert (both.unseen[1] == halves["unseen"][evaluator.order[1]]).all()
    assert evaluator.cost(confirming=False) == pytest.approx((2 + 15 + 2 * 50) / 50, abs=1e-5)
    evaluator.measure([Asked(candidate, WHOLE, (2, 3), control=True)])
    # a recipe of its own
    assert evaluator.cost(confirming=True) == pytest.approx((2 + 2 * 50) / 50, abs=1e-5)
    assert evaluator.spent() == pytest.approx((2.34 + 2.04) / 20)
    orders = {tuple(room.StoredScores(stored, 20, 2, draw).order) for draw in range(9)}
    assert len(orders) > 5


def test_names_of_one_recipe_differ_by_luck_alone(room, stored):
    evaluator = room.AlikeScores(stored, trainings=20, fresh=2, draw=1)
    means = []
    for number in range(60):
        asked = Asked(Candidate(number, {"recipe": number}), WHOLE, (0, 1))
        [measured] = evaluator.measure([asked])
        means += list(measured.seen.mean(axis=1))
    # all around the start, whatever the stored recipes were
    assert abs(np.mean(means) - stored.score(0, "seen") / 100) < 0.02
    assert 0.02 < np.std(means) < 0.09
    asked = Asked(Candidate(7, {"recipe": 7}), WHOLE, (0, 1))
    again = room.AlikeScores(stored, 20, 2, 1).measure([asked])[0]
    assert (again.unseen == evaluator.measure([asked])[0].unseen).all()
    cheap = [Asked(Candidate(n, {}), CHEAP, (0,), measure="options_probability") for n in range(9)]
    values = [one.values[0] for one in evaluator.measure(cheap)]
    assert np.ptp(values) < 0.01 and len(set(values)) > 1


def test_names_of_one_recipe_get_probabilities_of_its_own_seeds_and_their_luck(room, stored):
    rng = np.random.default_rng(0)
    halves = stored.halves[0, False, WHOLE]
    for half in halves:
        halves[half] = rng.uniform(0.2, 0.7, halves[half].shape)
    evaluator = room.AlikeScores(stored, trainings=20, fresh=2, draw=1)
    [measured] = evaluator.measure([Asked(Candidate(3, {"recipe": 3}), WHOLE, (0, 1, 2))])
    assert measured.seen.shape == (3, 100)
    lucks = evaluator.lucks()
    for drawn in measured.seen:
        moved = drawn - halves["seen"]
        # each picture's is one seed's own, all moved by one luck
        nearest = np.abs(moved[None] - lucks[:, None, None]).min(axis=1).max(axis=1)
        assert nearest.min() < 1e-9
