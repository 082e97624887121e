"""benchmarks/ladder.py: recipes, rungs, and what is stored of their trials."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from support.benchmark_scripts import script
from support.small_runs import QUESTIONS, item_bytes

from bettersynth.data.files.parquet_files import table_in
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.tables.items import ITEMS, completed
from bettersynth.errors import UserError
from bettersynth.experiments.search.trial_settings import Trial
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.experiment import experiment_names
from bettersynth.models.pretrain_lm.decoder import new_decoder
from bettersynth.settings.nano_decoder import NanoDecoderSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]
# the committed decoder's words, which all rungs share
VOCABULARY = 4707
ladder = script("ladder")


def test_eight_recipes_that_exist_are_compared():
    assert len(set(ladder.RECIPES)) == 8
    assert set(ladder.RECIPES) <= set(experiment_names(ROOT / "conf"))


@pytest.mark.parametrize(("kind", "parameters"), [("small", 332_352), ("large", 6_219_520)])
def test_a_rungs_decoder_is_made_where_it_is_looked_for_and_differs_in_size(kind, parameters):
    conf = {}
    for name in ("nano", kind):
        values = composed([f"+nano_decoder={name}"], ROOT / "conf")["nano_decoder"]
        conf[name] = read_settings(NanoDecoderSettings, values, name)
    assert ladder.RUNGS[kind].decoder == conf[kind].output
    nano = conf["nano"]
    same = dataclasses.replace(conf[kind], output=nano.output, shape=nano.shape)
    if kind == "large":
        # as many steps of the first skill, half of them in all
        schedule = conf[kind].schedule
        assert schedule.steps * 2 == nano.schedule.steps
        assert schedule.steps * schedule.phases[0] == nano.schedule.steps * nano.schedule.phases[0]
        like_nano = {"steps": nano.schedule.steps, "phases": nano.schedule.phases}
        same = dataclasses.replace(same, schedule=dataclasses.replace(schedule, **like_nano))
    assert same == nano
    shape = conf[kind].shape
    # rotary positions turn pairs of channels
    assert shape.hidden_size % shape.heads == 0
    assert shape.hidden_size // shape.heads % 2 == 0
    model = new_decoder(shape, VOCABULARY, 0)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    assert f"{parameters:,}" in (ROOT / f"conf/nano_decoder/{kind}.yaml").read_text()


def test_a_trial_names_its_decoder_by_a_whole_path_and_the_middle_one_is_the_recipe(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError, match=r"decoder-none does not exist; .*\+nano_decoder=none`"):
        monkeypatch.setitem(ladder.RUNGS, "small", ladder.Rung(Path("models/nano-decoder-none")))
        ladder.trial_of("small", "clean", (0,))
    monkeypatch.setitem(
        ladder.RUNGS,
        "short",
        dataclasses.replace(ladder.RUNGS["short"], decoder=Path("models/nano-decoder")),
    )
    middle = ladder.trial_of("middle", "dose/right_25", (0, 1))
    short = ladder.trial_of("short", "dose/right_25", (0, 1))
    assert middle.name.startswith("ladder-middle-dose-right_25-")
    assert middle.params["model"]["language_model"] == "models/nano-decoder"
    assert short.params["model"]["language_model"] == str(ROOT / "models/nano-decoder")
    assert (short.params["mix"]["visits"], short.params["finetune"]["visits"]) == (2200, 490)
    assert middle.params["mix"]["visits"] == 9000
    assert middle.seeds == short.seeds == (0, 1)


@dataclasses.dataclass(frozen=True)
class Ended:
    """An outcome whose files are in memory."""

    trial: Trial
    files: dict[str, bytes]
    failure: str = ""
    cpu_seconds: float = 9.0

    def read(self, path: Path) -> bytes:
        return self.files[str(path)]

    def items(self) -> pa.Table:
        return completed(table_in(self.files[str(ITEMS)]))

    def score(self) -> dict[str, float]:
        return {"mmbench": 50.0}


def ended(skill: float, name: str = "t", failure: str = "") -> Ended:
    files = {str(ITEMS): item_bytes(skill, (0, 1))}
    return Ended(Trial(name, (), "score", {"seeds": [0, 1]}), files, failure)


def test_what_is_stored_is_read_again_without_a_recipe_that_failed_somewhere(tmp_path, monkeypatch):
    kept = {name: ladder.METRICS[name] for name in ("likelihood", "probability", "textvqa")}
    monkeypatch.setattr(ladder, "METRICS", kept)
    rows = []
    skills = {"a": 0.2, "b": 0.5, "c": 0.8}
    for rung in ("small", "large"):
        for recipe, skill in skills.items():
            if (rung, recipe) != ("large", "b"):
                rows.append(ladder.score_rows(rung, recipe, ended(skill)))
    write_table(tmp_path / "scores.parquet", pa.concat_tables(rows))
    write_json(tmp_path / "costs.json", {"parameters": {"small": 1}, "seconds": {"small": {}}})
    rungs = ladder.read_ladder(tmp_path)
    assert rungs.recipes == ["a", "c"]
    assert list(rungs.scores) == ["small", "large"]
    assert rungs.scores["large"]["likelihood"].shape == (2, 2, QUESTIONS)
    matrices = ladder.metric_matrices(ended(0.8).items())
    for metric, matrix in matrices.items():
        np.testing.assert_array_equal(rungs.scores["small"][metric][1], matrix)
    means = rungs.scores["small"]["probability"].mean(axis=(1, 2))
    assert 0 < means[0] < means[1] < 1


def test_a_run_trains_what_all_share_first_and_stores_what_print_reads(
    tmp_path, monkeypatch, capsys
):
    """Trials themselves are tested where they are made: tests/experiments/search."""
    ran: list[str] = []

    def trial_of(rung, recipe, seeds, target="score"):
        return Trial(f"{rung}-{recipe}-{target}", (), target, {"seeds": list(seeds)})

    def run_trials(trials, workers=1, when_ended=None, shared=None):
        ran.extend(trial.name for trial in trials)
        outcomes = []
        for number, trial in enumerate(trials):
            failure = "mix: nothing is left" if trial.name == "middle-c-score" else ""
            outcomes.append(ended(0.1 + 0.15 * number, trial.name, failure))
            if when_ended:
                assert (workers, shared.name) == (2, "short-a-mix")
                when_ended(outcomes[-1])
        return outcomes

    class Known:
        name = "known"

    monkeypatch.chdir(tmp_path)
    kept = {name: ladder.METRICS[name] for name in ("likelihood", "probability", "textvqa")}
    for name, stand_in in {
        "METRICS": kept,
        "trial_of": trial_of,
        "run_trials": run_trials,
        "require_place_for_experiments": lambda: None,
        "load_experiment": lambda name: Known(),
        "training_seconds": lambda experiment: 80.0,
    }.items():
        monkeypatch.setattr(ladder, name, stand_in)
    monkeypatch.setattr(ladder, "_parameters", lambda rungs: dict.fromkeys(rungs, 7))
    ladder.run_ladder(["short", "middle"], ["a", "b", "c"], (0, 1), workers=2)
    assert ran[:3] == ["short-a-mix", "short-a-score", "short-b-score"]
    assert len(ran) == 7
    said = capsys.readouterr().err
    assert "left out: c on middle: mix: nothing is left" in said
    assert "short-a-score: 50.00, 9 CPU s" in said
    rungs = ladder.read_ladder()
    assert rungs.recipes == ["a", "b"]
    assert rungs.seconds == {"short": {"a": 40, "b": 40, "c": 40}, "middle": {"a": 40, "b": 40}}
    assert rungs.parameters == {"short": 7, "middle": 7}


def test_a_ladder_that_was_not_run_is_told(tmp_path):
    with pytest.raises(UserError, match="scores.parquet does not exist; run"):
        ladder.read_ladder(tmp_path)
