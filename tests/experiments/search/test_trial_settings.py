"""A trial's name stands for all that decides its result."""

import json
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.search import trial_settings
from bettersynth.experiments.search.trial_settings import make_trial
from bettersynth.experiments.workflow.compose import composed

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("conf", "workflow", "src", "dvc.yaml"):
        Path(name).symlink_to(ROOT / name)
    # what the settings name is there in a whole project
    monkeypatch.setattr(
        "bettersynth.experiments.search.trial_settings.require_valid_settings",
        lambda params, warns: None,
    )


def test_a_name_stands_for_settings_and_code(monkeypatch):
    made = make_trial("t", ["experiment=tiny"], seeds=(0,), visits=160)
    assert made == make_trial("t", ["experiment=tiny"], (0,), 160)
    assert (made.seeds, made.params["mix"]["visits"], made.target) == ((0,), 160, "score")
    assert json.loads(made.overrides[1].partition("=")[2]) == [0]
    other = make_trial("t", ["experiment=tiny"], seeds=(1,), visits=160)
    assert made.name != other.name
    code = "bettersynth.experiments.search.trial_settings.tree_digest"
    monkeypatch.setattr(code, lambda paths: "another")
    assert make_trial("t", ["experiment=tiny"], (0,), 160).name != made.name


def test_a_trial_finds_a_stats_own_model_and_is_another_with_another_one(tmp_path):
    Path("probe").mkdir()
    stat = "+stats.quality={operator: text_quality_filter, model: probe}"
    names = set()
    for content in ("one", "other"):
        Path("probe/weights.bin").write_text(content)
        # a search of this process would not look twice
        trial_settings._folder_digest.cache_clear()
        trial = make_trial("t", ["experiment=tiny", stat])
        names.add(trial.name)
    assert len(names) == 2
    assert composed(trial.overrides)["stats"]["quality"]["model"] == str(tmp_path / "probe")


def test_a_name_stands_for_the_content_of_a_users_files():
    own = ["source=jsonl", "source.file=pairs.jsonl", "source.images=pictures"]
    names = []
    Path("pictures").mkdir()
    for content in ("one", "two", "two"):
        Path("pairs.jsonl").write_text(content)
        names.append(make_trial("t", own, (0,), 160).name)
    assert names[0] != names[1] == names[2]


def test_visits_of_stage_1_are_those_of_the_trial_or_it_is_refused():
    with pytest.raises(UserError, match="pretrain.visits is 20, so that stage 1 would not go by"):
        make_trial("t", ["experiment=tiny", "pretrain.visits=20"], (0,), 160)
    # who asks for no visits takes the experiment's own
    assert make_trial("t", ["experiment=tiny", "pretrain.visits=20"], (0,)).seeds == (0,)
