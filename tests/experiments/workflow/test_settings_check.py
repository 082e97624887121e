"""A wrong setting is refused before the first stage, whichever stage it is for."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.committed import ROOT, link_committed_project

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.experiment import composed_params, experiment_names
from bettersynth.experiments.workflow.settings_check import require_valid_settings


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return link_committed_project(tmp_path_factory.mktemp("clone") / "project")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch, project):
    monkeypatch.chdir(project)


@pytest.mark.parametrize("name", [None, *experiment_names(ROOT / "conf")])
def test_every_experiment_passes_until_a_section_is_added_that_nothing_reads(name, capsys):
    params = composed_params(name)
    require_valid_settings(params)
    # no work in vain either
    assert capsys.readouterr().err == ""
    with pytest.raises(UserError, match="no stage reads nothing"):
        require_valid_settings(params | {"nothing": 1})


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        (
            "fitler",
            {"threshold": 0.3},
            (
                r"no stage reads fitler \(did you mean filter\?\); what they read: benchmark, "
                r"caption, captioner, "
            ),
        ),
        (
            "finetune",
            {"learning_rat": 0.1},
            r"finetune has no setting learning_rat \(did you mean learning_rate\?\)",
        ),
        ("pretrain", {"batch_size": "many"}, "pretrain.batch_size must be of type int, not 'many'"),
        ("predict", {"precision": "float17"}, "predict.precision is 'float17'; allowed: "),
        ("model", {"towers": None}, "model has no setting towers"),
        ("launch", {"gpus": 2}, "launch has no setting gpus"),
        ("stats", {"words_filter": {}}, "words_filter"),
        (
            "stats",
            {"words_num_filter": {"langs": "en"}},
            r"stats.words_num_filter has no setting langs \(did you mean lang\?\)",
        ),
        (
            "filter",
            {"recipe": [{"words_num_filter": {"minimum": 3}}]},
            "words_num_filter has no setting minimum",
        ),
        ("caption", {"captioner": "blip9"}, "there is no captioner blip9; captioners: "),
        (
            "caption",
            {"settings": {"top_q": 0.9}},
            r"caption.settings has no setting top_q \(did you mean top_p\?\)",
        ),
        ("caption", {"caption_num": 0}, "caption.caption_num is 0; it must be from 1 to 1,000"),
        (
            "finetune",
            {"lora": {}, "freeze_backbone": True},
            "finetune has both lora and freeze_backbone",
        ),
    ],
)
def test_a_wrong_setting_of_any_stage_is_one_line(section, values, message):
    params = composed_params(None)
    params[section] = {**params.get(section, {}), **values}
    with pytest.raises(UserError, match=message):
        require_valid_settings(params)


@pytest.mark.parametrize(
    ("section", "values", "asking"),
    [
        ("caption", {}, "caption.captioner"),
        ("stats", {"image_text_matching_filter": {"hf_blip": "nano"}}, "stats.image_text_matching"),
    ],
)
def test_a_captioner_that_is_asked_must_be_trained(section, values, asking):
    params = composed_params(None)
    params["captioner"]["train"] = False
    params[section] = {**params[section], **values}
    if section == "stats":
        params["caption"]["captioner"] = "none"
    with pytest.raises(UserError, match=f"{asking}.* asks nano's captioner, but captioner.train"):
        require_valid_settings(params)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ([], []),
        (["mix.exchange=false"], ["mix.exchange is false", "caption=none makes none"]),
        (["mix.exchange=false", "caption=none"], []),
        (
            ["mix.exchange=false", "caption=none", "draw=text_to_image"],
            ["mix.exchange is false", "draw=none makes none"],
        ),
        (["mix.exchange_threshold=1"], ["no similarity is above mix.exchange_threshold 1"]),
        (["mix.exchange_threshold=1", "mix.new_captions_pass=none"], []),
    ],
)
def test_what_would_be_made_and_not_used_is_one_warning(overrides, words, capsys):
    require_valid_settings(composed(overrides))
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == bool(words)
    for part in words:
        assert part in warnings[0]


# what a recipe, sources and templates get wrong, as it is typed
BOTH = (
    "+source.sources={web: {source: jsonl, file: a.jsonl, images: pictures}, "
    "own: {source: jsonl, file: b.jsonl, images: pictures}}"
)
WRONG_IN_A_RECIPE = {
    "a selector on a stat that nobody measures": (
        ["filter.recipe=[{topk_specified_field_selector: {field_key: __dj__stats__.beauty}}]"],
        "topk_specified_field_selector compares __dj__stats__.beauty, which nothing measures; add",
    ),
    "a weighted sum with such a stat": (
        ["filter.recipe=[{weighted_sum_selector: {weights: {__dj__stats__.beauty: 1}, topk: 9}}]"],
        "weighted_sum_selector compares __dj__stats__.beauty, which nothing measures; add its",
    ),
    "a bound on a stat that nobody measures": (
        ["filter.recipe=[{image_aesthetics_filter: {min_score: 0.5}}]"],
        "image_aesthetics_filter is not measured; add it to the section stats",
    ),
    "weights that do not sum": (
        ["source=several", BOTH, "+mix.weights={web: 0.7, own: 0.4}"],
        "params.yaml: mix.weights sum to 1.1; shares must sum to 1",
    ),
    "weights of stage 2 that do not sum": (
        ["+instruction.weights={pictures: 0.5, signs: 0.4}", "+instruction.visits=9"],
        "params.yaml: instruction.weights sum to 0.9; shares must sum to 1",
    ),
    "two sources with one id": (
        ["source=several", BOTH],
        "b.jsonl: 'one' is also the id of a sample of a.jsonl; ids of all sources must differ",
    ),
    "an unknown template": (
        ["predict.template=lama_3"],
        "params.yaml: predict.template is 'lama_3'; allowed: gemma, v1, plain, llama_3",
    ),
    "a parquet file without the column": (
        ["source=jsonl", "source.file=c.parquet", "source.images=pictures"],
        "c.parquet has no column text",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_IN_A_RECIPE)
def test_what_a_recipe_gets_wrong_is_one_line_before_the_first_stage(wrong):
    Path("pictures").mkdir(exist_ok=True)
    pair = {"id": "one", "text": "a dog", "images": ["dog.png"]}
    for name in ("a.jsonl", "b.jsonl"):
        Path(name).write_text(json.dumps(pair) + "\n")
    pq.write_table(pa.table({"id": ["one"], "words": ["a dog"]}), "c.parquet")
    overrides, message = WRONG_IN_A_RECIPE[wrong]
    with pytest.raises(UserError, match=message) as told:
        require_valid_settings(composed(overrides))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["benchmark.mmbench.file=nope.tsv"],
            "mmbench.file is nope.tsv, which does not exist",
        ),
        (["+mix.questions=nope.json"], "mix.questions is nope.json, which does not exist"),
        (["+pretrain.deepspeed=nope.json"], "deepspeed: nope.json cannot be read as JSON"),
        (
            ["launch.launcher=deepspeed", "launch.hostfile=nope"],
            "launch.hostfile is nope, which does not exist",
        ),
        (
            ["caption=neighbours", "caption.settings.bank=nope"],
            "settings.bank is nope; the",
        ),
        (["score.baseline=nope.json"], "nope.json does not exist; store one with"),
        (["score.mmbench_protocol=vanilla"], "was measured by likelihood, .* is vanilla; store a"),
        (
            ["source=jsonl", "caption=oracle", "filter=similarity"],
            "captioner is oracle, which",
        ),
    ],
)
def test_what_a_late_stage_would_miss_is_one_line_before_the_first(overrides, message):
    with pytest.raises(UserError, match=message) as told:
        require_valid_settings(composed(overrides))
    assert "\n" not in str(told.value)


def test_seeds_are_checked_too():
    with pytest.raises(
        UserError,
        match=r"seeds must be a list of different whole numbers such as \[0, 1, 2\], not \[0, 0\]",
    ):
        require_valid_settings(composed_params(None) | {"seeds": [0, 0]})


def test_snakemake_refuses_an_experiment_with_an_unknown_section(tmp_path):
    project = link_committed_project(tmp_path / "project")
    (project / "conf").unlink()
    shutil.copytree(ROOT / "conf", project / "conf")
    (project / "conf/experiment/mine.yaml").write_text(
        "# @package _global_\nfitler:\n  threshold: 0.3\n"
    )
    snakemake = [
        Path(sys.executable).parent / "snakemake",
        "--cores",
        "1",
        "results/mine/score.json",
    ]
    done = subprocess.run(snakemake, cwd=project, text=True, capture_output=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        "error: experiment mine: params.yaml: no stage reads fitler (did you mean filter?)"
    )


def test_folders_that_conf_composes_into_two_sections_stay_the_same():
    params = composed_params("mgm_2b")
    params["towers"] = params["towers"] | {"vision_tower": "/elsewhere/clip"}
    with pytest.raises(UserError, match=r"towers.vision_tower is /elsewhere/clip, but model"):
        require_valid_settings(params)


def test_a_layer_that_the_tower_at_hand_has_not_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"vision_config": {"num_hidden_layers": 3}}')
    changes = [f"towers.vision_tower={tmp_path}", "model.mm_vision_select_layer=4"]
    with pytest.raises(UserError, match="is 4; the tower has 3 layers: allowed are -4 to 3"):
        require_valid_settings(composed(["experiment=mgm_2b_dry", *changes]))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('{"vision_config": 3}', "vision_config"),
        ('{"vision_config": {"num_hidden_layers": "3"}}', "num_hidden_layers is '3'; it must be a"),
    ],
)
def test_a_towers_configuration_of_another_shape_is_one_line(tmp_path, config, message):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(UserError, match=message):
        require_valid_settings(
            composed(["experiment=mgm_2b_dry", f"towers.vision_tower={tmp_path}"])
        )


def test_instruction_data_that_stage_2_would_refuse_is_refused_with_the_settings(tmp_path):
    file = tmp_path / "own.json"
    turns = [{"from": "human", "value": "Why?"}, {"from": "human", "value": "Say!"}]
    file.write_text(json.dumps([{"id": "1", "conversations": turns}]))
    params = composed_params(None)
    params["instruction"] = {**params["instruction"], "file": str(file), "images": str(tmp_path)}
    with pytest.raises(UserError, match=r"own\.json entry 1: turn 2 is from 'human'"):
        require_valid_settings(params)


def test_a_projector_that_is_not_there_is_named_before_the_first_stage():
    params = composed_params(None)
    params["pretrain"] = {**params["pretrain"], "projector": "nosuch.safetensors"}
    with pytest.raises(UserError, match="pretrain.projector is nosuch.safetensors, which does not"):
        require_valid_settings(params)


def test_work_in_vain_is_warned_of_unless_somebody_else_set_it(capsys):
    params = composed(["mix.exchange=false"])
    require_valid_settings(params, warns=False)
    assert capsys.readouterr().err == ""
    require_valid_settings(params)
    assert "caption=none makes none" in capsys.readouterr().err
