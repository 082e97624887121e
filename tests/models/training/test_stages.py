"""What names a run's checkpoints."""

import pytest
from bettersynth.models.training.stages import run_key

from bettersynth.data.files import code_digest
from bettersynth.data.files.code_digest import code_files

TRAINING = "bettersynth.steps.pretrain"


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "train.json"
    path.write_text("[]")
    return path


def test_a_run_is_named_by_its_files_settings_processes_and_code(data, monkeypatch):
    keys = [run_key([data], {"seed": 0}, TRAINING)]
    assert run_key([data], {"seed": 0}, TRAINING) == keys[0]
    keys.append(run_key([data], {"seed": 1}, TRAINING))
    keys.append(run_key([data], {"seed": 0}, "bettersynth.steps.finetune"))
    data.write_text("[1]")
    keys.append(run_key([data], {"seed": 0}, TRAINING))
    monkeypatch.setenv("WORLD_SIZE", "2")
    keys.append(run_key([data], {"seed": 0}, TRAINING))
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("step", ["pretrain", "finetune"])
def test_the_code_of_a_run_is_all_that_decides_its_weights_and_nothing_of_answering(step):
    files = code_files(f"bettersynth.steps.{step}")
    rooms = {path.relative_to(code_digest.FOLDER).parent.as_posix() for path in files}
    assert rooms >= {"models/architecture", "models/training", "models/weights", "data/pictures"}
    assert "models/answering" not in rooms
