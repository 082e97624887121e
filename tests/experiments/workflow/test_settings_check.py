"""A wrong setting is refused before the first stage, whichever stage it is for."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

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
    with pytest.raises(UserError, match=r"nosuch.safetensors \(pretrain.projector\) does not"):
        require_valid_settings(params)


def test_work_in_vain_is_warned_of_unless_somebody_else_set_it(capsys):
    params = composed(["mix.exchange=false"])
    require_valid_settings(params, warns=False)
    assert capsys.readouterr().err == ""
    require_valid_settings(params)
    assert "caption=none makes none" in capsys.readouterr().err
