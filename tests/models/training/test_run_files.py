"""What names a run's checkpoints."""

import json

import pytest
from support.default_settings import default_settings

from bettersynth.data.files import code_digest
from bettersynth.data.files.code_digest import code_files
from bettersynth.errors import UserError
from bettersynth.models.training.run_files import (
    image_side_files,
    model_files,
    run_key,
    write_curve,
    write_manifest,
)

TRAINING = "bettersynth.models.training.pretrain_stage"


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "train.json"
    path.write_text("[]")
    return path


def test_a_run_is_named_by_its_files_settings_processes_and_code(data, monkeypatch):
    keys = [run_key([data], {"seed": 0}, TRAINING)]
    assert run_key([data], {"seed": 0}, TRAINING) == keys[0]
    keys.append(run_key([data], {"seed": 1}, TRAINING))
    keys.append(run_key([data], {"seed": 0}, "bettersynth.models.training.finetune_stage"))
    data.write_text("[1]")
    keys.append(run_key([data], {"seed": 0}, TRAINING))
    monkeypatch.setenv("WORLD_SIZE", "2")
    keys.append(run_key([data], {"seed": 0}, TRAINING))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("step", ["pretrain", "finetune"])
def test_the_code_of_a_run_is_all_that_decides_its_weights_and_nothing_of_answering(step):
    files = code_files(f"bettersynth.models.training.{step}_stage")
    rooms = {path.relative_to(code_digest.FOLDER).parent.as_posix() for path in files}
    assert rooms >= {"models/architecture", "models/training", "models/weights", "data/pictures"}
    assert "models/answering" not in rooms


def test_a_curve_is_a_table_with_eight_digits(tmp_path):
    write_curve(tmp_path / "0.tsv", [{"step": 1, "loss": 1 / 3, "lr": 0.0}])
    assert (tmp_path / "0.tsv").read_text() == "step\tloss\tlr\n1\t0.33333333\t0\n"
    write_curve(tmp_path / "none.tsv", [])
    assert (tmp_path / "none.tsv").read_text() == "step\tloss\tlr\n"


def test_a_manifest_names_every_file_but_hidden_ones_and_itself(tmp_path):
    (tmp_path / "adapter").mkdir()
    for name in ("weights", "adapter/weights", ".hidden", "manifest.json"):
        (tmp_path / name).write_text("x")
    write_manifest(tmp_path, {"seed": 3})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["seed"] == 3
    assert list(manifest["files"]) == ["adapter/weights", "weights"]


def test_files_that_decide_a_models_numbers_are_weights_configuration_and_tokenizer(tmp_path):
    names = ("a.safetensors", "b.bin", "config.json", "tokenizer.json", "README.md", "training.tsv")
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in model_files(tmp_path)] == sorted(names[:4])
    with pytest.raises(UserError, match="model.language_model"):
        model_files(tmp_path / "nowhere")


def test_towers_and_cached_features_are_told_apart():
    cached = default_settings("model")
    towers = default_settings("model", vision_tower="a", vision_tower_aux="b")
    assert [path.name for path in image_side_files(cached)] == ["index.parquet"]
    assert [path.name for path in image_side_files(towers)] == ["towers.json"]
