"""What decides how long a stage takes: neither what only decides its result, nor another's work."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from support.committed import committed_params

from bettersynth.experiments.history.planned_work import stage_names
from bettersynth.experiments.history.work_settings import DECIDING, work_settings
from bettersynth.experiments.workflow.stage_inputs import value_at
from bettersynth.settings.reading import load_params

ROOT = Path(__file__).parents[3]


@pytest.fixture
def params():
    return copy.deepcopy(committed_params())


def test_every_stage_has_what_decides_its_work_and_params_hold_all_of_it(params):
    declared = load_params(ROOT / "dvc.yaml")["stages"]
    assert DECIDING.keys() == declared.keys()
    for stage in stage_names(params, declared):
        step, _, item = stage.partition("@")
        for name in (*DECIDING[step].unit, *DECIDING[step].count):
            # one that stands in no params.yaml is None there; a wrong one would never differ
            section = name.format(item=item).partition(".")[0]
            assert value_at(params, section) is not None, f"{stage}: {name}"


def changed(params, stage, setting, value):
    before = work_settings(stage, params)
    section, _, name = setting.rpartition(".")
    (value_at(params, section) if section else params)[name] = value
    after = work_settings(stage, params)
    return {part for part in before._fields if getattr(before, part) != getattr(after, part)}


@pytest.mark.parametrize(
    ("stage", "setting", "value", "parts"),
    [
        ("captioner", "captioner.updates", 60, {"unit"}),
        ("captioner", "captioner.seed", 7, set()),
        ("captioner", "filter.threshold", 0.3, set()),
        ("pretrain@0", "pretrain.learning_rate", 0.1, set()),
        ("pretrain@0", "pretrain.batch_size", 8, {"unit"}),
        ("pretrain@0", "model.language_model", "models/gemma-2b", {"unit"}),
        ("predict@0-mmbench", "benchmark.mmbench.questions", 24, {"count"}),
        ("predict@0-mmbench", "mix.visits", 320, set()),
        ("stats@words_num_filter", "stats.words_num_filter", {"lang": "zh"}, {"unit"}),
        ("stats@words_num_filter", "stats.image_shape_filter", {"any": 1}, set()),
        ("stats@words_num_filter", "source.max_samples", 30, {"count"}),
        ("caption", "caption.settings", {"model": "another"}, {"unit", "count"}),
        ("caption", "caption.min_score", 0.2, {"count"}),
        ("score", "seeds", [5, 6, 7, 8, 9], set()),
        ("score", "seeds", [5, 6], {"count"}),
    ],
)
def test_a_setting_counts_where_it_decides_what_a_unit_costs_or_how_many_there_are(
    params, stage, setting, value, parts
):
    assert changed(params, stage, setting, value) == parts


def test_of_a_stage_that_nobody_knows_nothing_is_said(params):
    assert work_settings("drill@0", params) is None
