"""DVC watches every file that a setting names; one that it does not watch is refused."""

import copy
import functools
import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import compose, composed
from bettersynth.experiments.workflow.watched_files import (
    require_watched,
    source_paths,
    stat_paths,
    watched_paths,
)
from bettersynth.settings.one_source import MOST_FILES
from bettersynth.settings.pretrain_lm import MOST_FILES as MOST_TEXT_FILES
from bettersynth.settings.reading import load_params

ROOT = Path(__file__).parents[3]
OWN_FILE = ["pairs.jsonl", "questions.tsv", "instruction.json"]
OWN_FOLDER = ["pictures", "clip", "lists"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The project's conf/ and dvc.yaml, with files of a user's in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("conf", "workflow"):
        shutil.copytree(ROOT / name, name)
    shutil.copy(ROOT / "dvc.yaml", ".")
    for name in OWN_FILE:
        Path(name).write_text("mine\n")
    for name in OWN_FOLDER:
        Path(name).mkdir()
        Path(name, "one").write_text("mine\n")
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text("[core]\n    no_scm = true\n")
    return tmp_path


@functools.cache
def _default():
    return composed([], ROOT / "conf")


def composed_default():
    """What conf/ composes to, for a test to change."""
    return copy.deepcopy(_default())


def dependencies(*overrides):
    """Return what each stage depends on, by its name."""
    compose("params.yaml", overrides)
    found = {}
    with Repo() as repo:
        for stage in repo.index.stages:
            found[stage.addressing] = [Path(file.fs_path) for file in stage.deps]
    return found


# The setting, the stage that reads it, and the file that it names
NAMED = [
    ("source.file", "pool", "pairs.jsonl"),
    ("source.images", "pool", "pictures"),
    ("+instruction.file", "instruction", "instruction.json"),
    ("+instruction.images", "instruction", "pictures"),
    ("benchmark.mmbench.file", "benchmark", "questions.tsv"),
    ("benchmark.textvqa.questions", "benchmark", "instruction.json"),
    ("benchmark.textvqa.annotations", "benchmark", "pairs.jsonl"),
    ("benchmark.textvqa.images", "benchmark", "pictures"),
    ("+towers.vision_tower", "towers", "clip"),
    ("+towers.vision_tower_aux", "towers", "lists"),
    ("+scorer.folder", "scorer", "clip"),
    ("+stats.words_num_filter.lists", "stats@words_num_filter", "lists"),
    ("stats.image_text_similarity_filter.hf_clip", "stats@image_text_similarity_filter", "clip"),
    ("caption.settings.model", "caption", "clip"),
    ("+mix.questions", "mix", "questions.tsv"),
    ("+pretrain.deepspeed", "pretrain@0", "questions.tsv"),
    ("+finetune.deepspeed", "finetune@0", "questions.tsv"),
    ("score.baseline", "score", "questions.tsv"),
    ("model.language_model", "pretrain@0", "clip"),
]


@pytest.mark.parametrize("place", ["", "WHOLE/"])
def test_a_stage_depends_on_the_file_that_its_setting_names(project, place):
    place = place.replace("WHOLE", str(project))
    settings = [f"{setting}={place}{path}" for setting, _, path in NAMED]
    found = dependencies("source=jsonl", "caption=blip2", *settings)
    for setting, stage, path in NAMED:
        assert project / path in found[stage], setting


def test_nano_matching_waits_for_the_captioner_which_need_not_be_there_yet(project):
    found = dependencies("stats=[nano,nano_matching]")
    assert project / "models/captioner" in found["stats@image_text_matching_filter"]
    assert project / "models/captioner" not in found["stats@words_num_filter"]


def own_sources():
    """Settings that name two sources with files, beside one without."""
    settings = ["source=several", "+source.sources.web.source=packages"]
    for name, file, folder in (
        ("own", "pairs.jsonl", "pictures"),
        ("more", "instruction.json", ""),
    ):
        settings.append(f"+source.sources.{name}.source=jsonl")
        settings.append(f"+source.sources.{name}.file={file}")
        settings += [f"+source.sources.{name}.images={folder}"] if folder else []
    return settings


def test_the_pool_depends_on_the_files_of_several_sources(project):
    found = dependencies(*own_sources())["pool"]
    for path in ("pairs.jsonl", "pictures", "instruction.json"):
        assert project / path in found


def test_dvc_yaml_has_a_place_for_every_file_of_several_sources():
    places = composed_default()["watched"]["source"]["own"]
    assert len(places) == 2 * MOST_FILES
    dependencies = load_params(ROOT / "dvc.yaml")["stages"]["pool"]["deps"]
    assert {f"${{watched.source.own.{place}}}" for place in places} <= set(dependencies)


def test_files_of_several_sources_set_in_params_yaml_alone_are_refused(project):
    params = composed(own_sources())
    require_watched(params)
    assert list(source_paths(params)) == [
        ("source.sources.own.file", "pairs.jsonl"),
        ("source.sources.own.images", "pictures"),
        ("source.sources.more.file", "instruction.json"),
    ]
    params["source"]["sources"]["own"]["file"] = "questions.tsv"
    with pytest.raises(UserError, match="own.file is questions.tsv, but DVC does not watch it"):
        require_watched(params)
    params["source"]["sources"]["own"]["file"] = str(project)
    with pytest.raises(UserError, match="own.file is .* which holds the whole project"):
        require_watched(params)


def test_without_such_files_nothing_new_is_watched(project):
    found = dependencies()
    before = {"pool": "data/archives", "benchmark": "requirements.txt", "score": "conf/score"}
    for stage, path in before.items():
        assert found[stage].count(project / path) > 1
    assert project / "requirements.txt" in found["towers"]


TEXT = ("pretrain_lm=text", "model.language_model=models/language-model")


def test_a_language_model_that_learns_text_is_a_stage_before_stage_one(project):
    files = "pretrain_lm.text.train_files=[pairs.jsonl,lists]"
    held_out = "pretrain_lm.text.held_out_files=[questions.tsv]"
    found = dependencies(*TEXT, files, held_out)
    for path in ("models/nano-decoder", "pairs.jsonl", "lists", "questions.tsv"):
        assert project / path in found["pretrain_lm@text"], path
    for stage in ("pretrain@0", "finetune@0"):
        assert project / "models/language-model" in found[stage]
    assert not any(stage.startswith("pretrain_lm") for stage in dependencies())


def test_a_stat_that_asks_the_language_model_waits_for_it(project):
    stat = "+stats.model_loss_filter.language_model=models/language-model"
    assert project / "models/language-model" in dependencies(stat)["stats@model_loss_filter"]


def test_dvc_yaml_has_a_place_for_every_file_of_text():
    places = composed([*TEXT], ROOT / "conf")["watched"]["pretrain_lm"]["text"]
    assert len(places) == 2 + MOST_TEXT_FILES
    dependencies = load_params(ROOT / "dvc.yaml")["stages"]["pretrain_lm"]["do"]["deps"]
    assert {f"${{item.{place}}}" for place in places} <= set(dependencies)


def test_text_set_in_params_yaml_alone_is_refused(project):
    params = composed([*TEXT, "pretrain_lm.text.train_files=[pairs.jsonl]"])
    require_watched(params)
    params["pretrain_lm"]["text"]["train_files"] = ["questions.tsv"]
    message = "pretrain_lm.text.train_files.0 is questions.tsv, but DVC does not watch it; compose"
    with pytest.raises(UserError, match=message):
        require_watched(params)


def test_what_a_watched_folder_holds_is_not_watched_twice(project):
    params = composed(["experiment=mgm_2b"])
    for setting, path in watched_paths(params):
        if setting.startswith(("benchmark.", "instruction.", "towers.")):
            assert path in ("challenge/eval", "challenge/data", "challenge/models")


def test_an_id_on_a_hub_is_no_file(project):
    params = composed(["caption=blip2"])
    assert params["watched"]["caption"]["settings"]["model"] == "models/captioner"


def test_a_path_set_in_params_yaml_alone_is_refused(project):
    params = composed_default()
    require_watched(params)
    params["benchmark"]["mmbench"]["file"] = "questions.tsv"
    message = r"benchmark.mmbench.file is questions.tsv, but DVC does not watch it; compose"
    with pytest.raises(UserError, match=message):
        require_watched(params)


def test_operators_set_in_params_yaml_alone_are_refused(project):
    params = composed_default()
    params["stats"]["random_selector"] = {}
    with pytest.raises(UserError, match=r"stats names other operators than watched.stats; compose"):
        require_watched(params)


@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_a_folder_that_holds_the_project_is_refused(project, folder):
    params = composed_default()
    params["source"]["images"] = folder
    message = rf"source.images is {folder}, which holds the whole project"
    with pytest.raises(UserError, match=message):
        require_watched(params)


def test_settings_of_an_older_version_are_composed_again(project):
    params = composed_default()
    del params["watched"]
    with pytest.raises(UserError, match="params.yaml has no section watched"):
        require_watched(params)


def test_each_stat_of_an_operator_is_a_stage_that_depends_on_its_code(project):
    found = dependencies(
        "+stats.runs_short={operator: word_repetition_filter, tokenizer: questions.tsv}",
        "+stats.runs_long={operator: word_repetition_filter}",
    )
    code = project / "src/bettersynth/operators/word_repetition_filter.py"
    for stage in ("stats@runs_short", "stats@runs_long"):
        assert code in found[stage]
    assert project / "questions.tsv" in found["stats@runs_short"]
    assert project / "questions.tsv" not in found["stats@runs_long"]
    params = load_params()
    require_watched(params)
    params["stats"]["runs_long"]["operator"] = "words_num_filter"
    with pytest.raises(UserError, match=r"stats names other operators than watched.stats; compose"):
        require_watched(params)


def test_an_operators_name_is_no_file_and_no_settings_are_none(project):
    Path("word_repetition_filter").write_text("mine\n")
    runs = "+stats.runs={operator: word_repetition_filter}"
    params = composed([runs, "+stats.text_action_filter=3"])
    require_watched(params)
    assert params["watched"]["stats"]["runs"] == {
        "operator": "word_repetition_filter",
        "path_1": "data/pool/samples.parquet",
        "path_2": "data/pool/samples.parquet",
        "path_3": "data/pool/samples.parquet",
    }


def test_a_stat_depends_on_each_path_that_it_names(project):
    stat = "+stats.text_quality_filter={model: clip, tokenizer: questions.tsv}"
    found = dependencies(stat)["stats@text_quality_filter"]
    assert {project / "clip", project / "questions.tsv"} <= set(found)
    params = load_params()
    require_watched(params)
    assert list(stat_paths(params, "text_quality_filter")) == [
        ("stats.text_quality_filter.model", "clip"),
        ("stats.text_quality_filter.tokenizer", "questions.tsv"),
    ]
    params["stats"]["text_quality_filter"]["tokenizer"] = "pairs.jsonl"
    message = "stats.text_quality_filter.tokenizer is pairs.jsonl, but DVC does not watch it"
    with pytest.raises(UserError, match=message):
        require_watched(params)


def test_dvc_yaml_has_a_place_for_every_path_of_a_stat():
    [entry] = {len(entry) for entry in composed_default()["watched"]["stats"].values()}
    dependencies = load_params(ROOT / "dvc.yaml")["stages"]["stats"]["do"]["deps"]
    assert {f"${{item.path_{number}}}" for number in range(1, entry)} <= set(dependencies)


@pytest.mark.parametrize("of", ["kept", "dropped"])
def test_the_filters_decisions_are_watched_where_they_say_who_is_captioned(project, of):
    decisions = project / "data/filter/decisions.parquet"
    assert decisions in dependencies(f"caption.of={of}")["caption"]
    assert decisions not in dependencies()["caption"]


def test_who_is_captioned_may_not_be_edited_where_dvc_does_not_see_it():
    params = composed_default()
    require_watched(params)
    params["caption"]["of"] = "kept"
    with pytest.raises(UserError, match="caption.of is kept, but DVC does not watch data/filter/"):
        require_watched(params)


def test_a_folder_that_is_called_as_those_who_are_captioned_is_no_matter(project):
    for of in ("all", "kept"):
        Path(of).mkdir()
        assert require_watched(composed([f"caption.of={of}"])) is None


def test_what_the_fetch_stage_will_make_is_watched_before_it_is_there(project):
    model = "data/archives/challenge/models/blip2"
    overrides = [f"+caption.settings.model={model}"]
    assert project / model in dependencies(*overrides)["caption"]
    Path(model).mkdir(parents=True)
    require_watched(load_params())
