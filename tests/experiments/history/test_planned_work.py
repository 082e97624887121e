"""Which stages a run has to do, by the real dvc.yaml and a record of a run that is whole."""

from __future__ import annotations

import copy
import functools
from pathlib import Path

import pytest
from support.committed import committed_params
from support.no_files import NO_FILES, put

from bettersynth.errors import UserError
from bettersynth.experiments.history import planned_work
from bettersynth.experiments.history.planned_work import kind_of, planned_stages, stage_names
from bettersynth.experiments.history.work_settings import work_settings
from bettersynth.experiments.workflow.stage_inputs import stage_settings
from bettersynth.recipes.filter_section import SIMILARITY_OPERATOR
from bettersynth.settings.reading import load_params

ROOT = Path(__file__).parents[3]


@functools.cache
def lock_of_a_whole_run():
    """What dvc.lock says after a run with the default settings, of sizes and settings alone."""
    params = committed_params()
    stages = {}
    for name in stage_names(params, load_params("dvc.yaml")["stages"]):
        stages[name] = {
            "params": {"params.yaml": stage_settings(name, params)},
            "outs": [{"path": "x", "size": 2_000_000}, {"path": "y", "size": 500_000}],
        }
    return {"stages": stages}


@pytest.fixture
def whole(monkeypatch):
    """The default settings, and the record of a run with them."""
    monkeypatch.chdir(ROOT)
    return copy.deepcopy(committed_params()), lock_of_a_whole_run()


def running(params, lock, stale=()):
    return {stage.name for stage in planned_stages(params, lock, stale) if stage.runs}


def test_the_stages_are_those_that_dvc_makes_of_the_settings(whole):
    params, lock = whole
    names = list(lock["stages"])
    assert names[:2] == ["fetch", "pool"]
    seeds = params["seeds"]
    assert [name for name in names if name.startswith("pretrain@")] == [
        f"pretrain@{seed}" for seed in seeds
    ]
    assert f"predict@{seeds[0]}-textvqa" in names
    assert "stats@words_num_filter" in names


def test_nothing_runs_where_all_is_recorded_and_everything_where_nothing_is(whole):
    params, lock = whole
    assert running(params, lock) == set()
    assert running(params, {}) == set(lock["stages"])


def test_a_moved_bound_runs_the_filter_and_what_reads_it(whole):
    params, lock = whole
    params["filter"]["threshold"] = 0.3
    ran = running(params, lock)
    assert {"filter", "mix", "pretrain@0", "finetune@0", "score", "report"} <= ran
    assert not ran & {"pool", "features", "stats@words_num_filter", "captioner"}


def test_a_stage_that_is_stale_for_another_reason_runs_too(whole):
    params, lock = whole
    assert running(params, lock, {"report"}) == {"report"}


def test_samples_and_sizes_are_told_where_settings_and_records_say_them(whole):
    params, lock = whole
    params["pretrain"]["visits"] = 4000
    params["caption"]["captioner"] = "none"
    planned = {stage.name: stage for stage in planned_stages(params, lock, {"pool"})}
    assert planned["pretrain@0"].samples == 4000
    assert planned["caption"].samples == planned["restats"].samples == 0
    # the pool changes: nobody knows how large it will be
    assert planned["stats@words_num_filter"].samples is None
    assert planned["pool"].megabytes == pytest.approx(2.5)
    assert planned["pretrain@0"].kind == "pretrain"


def test_captions_are_those_that_the_slice_asks_for_where_what_it_reads_stays(whole, monkeypatch):
    params, lock = whole
    params["caption"] |= {"captioner": "nano", "caption_num": 3, "keep_candidate_mode": "all"}
    monkeypatch.setattr(planned_work, "planned_captions", lambda _: (10, 28, 5))
    monkeypatch.setattr(planned_work, "_scored", lambda *_: (40, 0))
    monkeypatch.setattr(planned_work, "is_there", lambda _: True)

    def planned(stale):
        stages = {stage.name: stage for stage in planned_stages(params, lock, stale)}
        return stages["caption"], stages["restats"]

    caption, restats = planned({"caption"})
    assert (caption.samples, caption.known) == (28, 5)
    assert restats.samples == 30
    assert caption.settings == work_settings("caption", params)
    # other stats: about as many, and none of them is known to be there
    for stale in ({"pool"}, {f"stats@{SIMILARITY_OPERATOR}"}):
        caption, restats = planned(stale)
        assert (caption.samples, caption.known, restats.samples) == (28, 0, 30)
    params["caption"]["of"] = "kept"
    assert planned({"filter"})[0].known == 0


@pytest.mark.parametrize("anew", [False, True])
def test_the_captions_of_another_pool_are_not_counted_by_the_one_that_lies_here(
    whole, monkeypatch, anew
):
    params, lock = whole
    params["caption"] |= {"captioner": "nano"}
    monkeypatch.setattr(planned_work, "planned_captions", lambda _: (10, 28, 5))
    monkeypatch.setattr(planned_work, "_scored", lambda *_: (40, 0))
    monkeypatch.setattr(planned_work, "is_there", lambda _: True)

    def samples():
        stages = planned_stages(params, {} if anew else lock, {"caption"}, lock)
        return {stage.name: stage.samples for stage in stages}

    assert (samples()["caption"], samples()["restats"]) == (28, 40)
    params["pool"]["longest_side"] = 96
    assert (samples()["caption"], samples()["restats"]) == (None, None)


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_table_that_is_no_file_is_told(whole, tmp_path, monkeypatch, kind):
    params, lock = whole
    for name in ("SAMPLES", "DECISIONS"):
        monkeypatch.setattr(planned_work, name, tmp_path / "pool.parquet")
    put(kind, tmp_path / "pool.parquet")
    with pytest.raises(UserError, match=f"pool.parquet is {NO_FILES[kind]}; it must be a file"):
        planned_stages(params, lock, ["stats@words_num_filter"])


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        ("mix", "mix"),
        ("pretrain@3", "pretrain"),
        ("predict@0-mmbench", "predict@mmbench"),
        ("stats@words_num_filter", "stats@words_num_filter"),
    ],
)
def test_stages_of_all_seeds_are_of_one_kind(stage, kind):
    assert kind_of(stage) == kind


def test_an_entry_that_makes_several_stages_may_make_none():
    declared = {"learn": {"foreach": "${watched.text}"}, "end": {}}
    assert stage_names({"watched": {"text": {}}}, declared) == ["end"]
    assert stage_names({"watched": {"text": {"a": {}}}}, declared) == ["learn@a", "end"]
