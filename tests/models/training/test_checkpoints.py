from __future__ import annotations

import pytest

from bettersynth.models.training.checkpoints import SEAL, forget, last_checkpoint, seal

FILES = ("trained.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")


def write_checkpoint(folder, step, sealed=True):
    path = folder / f"checkpoint-{step}"
    path.mkdir()
    for name in FILES:
        (path / name).write_bytes(f"{name} at {step}".encode())
    if sealed:
        seal(path)
    return path


def test_a_checkpoint_that_a_kill_cut_short_is_passed_over(tmp_path, capsys):
    write_checkpoint(tmp_path, 4)
    write_checkpoint(tmp_path, 8, sealed=False)
    (tmp_path / "checkpoint-12").mkdir()
    assert last_checkpoint(tmp_path, remove_broken=False).name == "checkpoint-4"
    assert capsys.readouterr().err == ""
    assert last_checkpoint(tmp_path).name == "checkpoint-4"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-4"]
    assert (
        "checkpoint-8 is not whole: going on from the checkpoint before" in capsys.readouterr().err
    )


@pytest.mark.parametrize("name", [*FILES, SEAL])
@pytest.mark.parametrize("content", [b"", b"cut", None])
def test_a_file_that_is_empty_cut_or_missing_leads_to_the_checkpoint_before(
    tmp_path, name, content
):
    write_checkpoint(tmp_path, 9)
    damaged = write_checkpoint(tmp_path, 10) / name
    if content is None:
        damaged.unlink()
    else:
        damaged.write_bytes(content)
    assert last_checkpoint(tmp_path).name == "checkpoint-9"
    assert not damaged.parent.exists()


def test_a_folder_without_checkpoints_has_no_last_one(tmp_path):
    assert last_checkpoint(tmp_path) is None
    assert last_checkpoint(tmp_path / "nowhere") is None


def test_steps_are_compared_as_numbers(tmp_path):
    for step in (9, 10):
        write_checkpoint(tmp_path, step)
    assert last_checkpoint(tmp_path).name == "checkpoint-10"


def test_a_finished_run_is_forgotten_even_if_nothing_is_there(tmp_path):
    (tmp_path / "run").mkdir()
    forget(tmp_path / "run")
    forget(tmp_path / "run")
    assert not (tmp_path / "run").exists()
