from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from transformers import TrainerControl

from bettersynth.models.training.callbacks import LiveCurve, ProgressBar, StopAt


def state(step: int, main: bool = True) -> SimpleNamespace:
    return SimpleNamespace(global_step=step, max_steps=10, is_world_process_zero=main)


@pytest.mark.parametrize(("step", "stops"), [(3, False), (4, True), (5, True), (10, False)])
def test_an_early_end_saves_and_stops_but_never_after_the_last_step(step, stops):
    control = TrainerControl()
    StopAt(4).on_step_end(None, state(step), control)
    assert (control.should_save, control.should_training_stop) == (stops, stops)


def test_the_progress_bar_counts_steps_and_shows_the_loss(capsys):
    bar = ProgressBar()
    bar.on_train_begin(None, state(2), None)
    bar.on_log(None, state(3), None, logs={"loss": 1.25})
    bar.on_step_end(None, state(3), None)
    bar.on_train_end(None, state(3), None)
    assert bar.bar.n == 3
    assert "loss=1.250" in capsys.readouterr().err


def test_other_processes_show_nothing(capsys):
    bar = ProgressBar()
    bar.on_train_begin(None, state(0, main=False), None)
    bar.on_step_end(None, state(1, main=False), None)
    bar.on_train_end(None, state(1, main=False), None)
    assert capsys.readouterr().err == ""


def test_the_live_curve_holds_each_steps_loss_and_rate(tmp_path):
    curve = LiveCurve(tmp_path / "live")
    curve.on_log(None, state(1), None, logs={"loss": 2.0, "learning_rate": 0.1})
    curve.on_log(None, state(2), None, logs={"loss": 1.5, "learning_rate": 0.2})
    curve.on_log(None, state(2), None, logs={"eval_loss": 9.0})
    curve.on_train_end(None, state(2), None)
    lines = (tmp_path / "live/plots/metrics/loss.tsv").read_text().splitlines()
    assert lines[1:] == ["1\t2.0", "2\t1.5"]
    assert json.loads((tmp_path / "live/metrics.json").read_text())["lr"] == 0.2


def test_a_resumed_live_curve_has_each_step_once_whatever_a_kill_left(tmp_path, monkeypatch):
    # the curve that is killed never closes the repository that dvclive looks for
    monkeypatch.chdir(tmp_path)
    live = tmp_path / "live"
    curve = LiveCurve(live)
    for step, loss in ((1, 2.0), (2, 1.5), (3, 9.0)):
        curve.on_log(None, state(step), None, logs={"loss": loss, "learning_rate": 0.1})
    # cut short in the middle of a write
    (live / "metrics.json").write_text("")
    (live / "plots/metrics/loss.tsv").write_text("step\tloss\n1\t2.0\n2\t1.")
    curve = LiveCurve(live)
    begun = state(2)
    begun.log_history = [
        {"step": 1, "loss": 2.0, "learning_rate": 0.1},
        {"step": 2, "loss": 1.5, "learning_rate": 0.1},
    ]
    curve.on_train_begin(None, begun, None)
    curve.on_log(None, state(3), None, logs={"loss": 1.0, "learning_rate": 0.1})
    curve.on_train_end(None, state(3), None)
    lines = (live / "plots/metrics/loss.tsv").read_text().splitlines()
    assert lines[1:] == ["1\t2.0", "2\t1.5", "3\t1.0"]
    assert json.loads((live / "metrics.json").read_text())["step"] == 3
