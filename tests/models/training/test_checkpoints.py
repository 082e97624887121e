from __future__ import annotations

from bettersynth.models.training.checkpoints import WEIGHTS, forget, last_checkpoint


def test_a_checkpoint_that_a_kill_cut_short_is_passed_over(tmp_path):
    for step, state in ((4, "{}"), (8, '{"broken')):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}/trainer_state.json").write_text(state)
    (tmp_path / "checkpoint-12").mkdir()
    assert last_checkpoint(tmp_path, remove_broken=False).name == "checkpoint-4"
    assert last_checkpoint(tmp_path).name == "checkpoint-4"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-4"]


def test_a_folder_without_checkpoints_has_no_last_one(tmp_path):
    assert last_checkpoint(tmp_path) is None
    assert last_checkpoint(tmp_path / "nowhere") is None


def test_steps_are_compared_as_numbers_and_weights_must_be_whole(tmp_path):
    for step in (9, 10, 11):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "trainer_state.json").write_text("{}")
    (tmp_path / "checkpoint-11" / WEIGHTS).write_bytes(b"cut short")
    assert last_checkpoint(tmp_path).name == "checkpoint-10"
    assert not (tmp_path / "checkpoint-11").exists()


def test_a_finished_run_is_forgotten_even_if_nothing_is_there(tmp_path):
    (tmp_path / "run").mkdir()
    forget(tmp_path / "run")
    forget(tmp_path / "run")
    assert not (tmp_path / "run").exists()
