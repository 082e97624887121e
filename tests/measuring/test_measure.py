"""What is missing in the cache is measured in fixed groups, by one process or by several."""

from __future__ import annotations

import pytest
from support import deadly_filter
from support.one_operator import text_batch
from support.parity import batch_of

from bettersynth.data.files.processes import DEATH
from bettersynth.measuring import measure as measuring
from bettersynth.measuring.carried import CarriedColumn, CarriedRule
from bettersynth.measuring.launching import Launch
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.operators import load_operator

TEXTS = [f"text {'x' * number}" for number in range(22)]


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """Measures texts in groups of four with a cache of the name given."""
    monkeypatch.setattr(measuring, "BATCH", 4)
    monkeypatch.setattr(measuring, "GROUPS_A_WORKER", 1)

    def measured(texts, cache, workers=1):
        column = ScoreColumn(ColumnIdentity(cache), tmp_path)
        settings = deadly_filter.Measuring()
        launch = Launch(workers=workers)
        return measuring.measure(deadly_filter, settings, text_batch(*texts), column, int, launch)

    return measured


def test_groups_are_the_same_for_any_order_and_number_of_workers(measure):
    alone = measure(TEXTS, "alone")
    assert sorted(alone.values["measured_together"]) == [2, 2, *[4] * 20]
    assert measure(TEXTS, "two", 2).values == alone.values
    backwards = measure(TEXTS[::-1], "backwards")
    assert {stat: column[::-1] for stat, column in backwards.values.items()} == alone.values


def test_what_ends_its_worker_is_set_aside_and_the_rest_is_measured(measure):
    texts = [*TEXTS[:9], "poison", *TEXTS[9:]]
    measured = measure(texts, "poison", 2)
    assert measured.bad == {9: DEATH}
    assert measured.values["length"] == [len(text) for text in TEXTS]
    # what was measured is in the cache
    known = measure(TEXTS, "poison")
    assert known.values == measured.values


def test_no_more_workers_start_than_have_enough_to_do(monkeypatch):
    monkeypatch.setattr(measuring, "GROUPS_A_WORKER", 16)
    for groups, workers in ((0, 1), (1, 1), (16, 1), (17, 2), (99, 2)):
        assert measuring.worthwhile(Launch(workers=2), groups) == Launch(workers=workers)
    assert measuring.worthwhile(Launch("ray", None), 3) == Launch("ray", 3)
    assert measuring.worthwhile(Launch("ray", 2), 3) == Launch("ray", 2)


def carried_by(workers, folder, operator, samples):
    """Return what `image_quality_filter` gives, and what its column and the carried one hold."""
    leader = load_operator("image_quality_filter")
    own = ScoreColumn(ColumnIdentity("leader"), folder)
    column = ScoreColumn(ColumnIdentity("carried"), folder)
    rule = CarriedColumn(CarriedRule(operator, operator.Measuring()), column)
    batch = batch_of(*samples)
    launch = Launch(workers=workers)
    found = measuring.measure(leader, leader.Measuring(), batch, own, launch=launch, carried=[rule])
    keys = measuring.content_keys(batch, ("images",))[0]
    return found, own.get(keys), column.get(keys)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rule_on_the_way_has_the_values_of_its_own_stage(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(measuring, "BATCH", 2)
    monkeypatch.setattr(measuring, "GROUPS_A_WORKER", 1)
    names = ["images/gray.png", "images/shapes0.png", "images/grad.png"]
    samples = [{"images": [name]} for name in names]
    subplot = load_operator("image_subplot_filter")
    found, _, carried = carried_by(workers, tmp_path, subplot, [*samples, samples[0]])
    assert found.positions == [0, 1, 2, 3]
    alone = ScoreColumn(ColumnIdentity("alone"), tmp_path)
    batch = batch_of(*samples)
    measuring.measure(subplot, subplot.Measuring(), batch, alone)
    keys = measuring.content_keys(batch, ("images",))[0]
    assert carried == alone.get(keys)
    assert len(carried) == 3


def test_a_rule_on_the_way_that_ends_its_worker_costs_its_own_values_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "BATCH", 2)
    monkeypatch.setattr(measuring, "GROUPS_A_WORKER", 1)
    samples = [
        {"images": ["images/gray.png"], "text": "good"},
        {"images": ["images/grad.png"], "text": "good"},
        {"images": ["images/shapes0.png"], "text": "poison"},
    ]
    found, own, carried = carried_by(2, tmp_path, deadly_filter, samples)
    assert found.bad == {}
    assert len(own) == 3
    # those of the group without the poison
    assert len(carried) < 3
