from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from support.small_training import conversation, curve, run, small_project, write

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError

SOURCE = Path(__file__).parents[2] / "src"


def test_stage_one_learns_and_writes_the_sixteen_tensors_under_upstreams_names(
    tmp_path, monkeypatch
):
    project = small_project(tmp_path)
    run(monkeypatch, project, "pretrain", "0")
    weights = load_file(project / "models/pretrain/0/projector.safetensors")
    parts = {name.rsplit(".", 2)[0] for name in weights}
    assert parts == {
        "model.mm_projector",
        *(f"model.vlm_uni_{kind}_projector" for kind in ("query", "aux", "val")),
    }
    assert len(weights) == 16
    records = curve(project / "results/pretrain/0.tsv")
    assert [record["step"] for record in records] == list(range(1, 13))
    assert np.mean([r["loss"] for r in records[-4:]]) < 0.97 * np.mean(
        [r["loss"] for r in records[:4]]
    )
    assert records[0]["lr"] == 0
    assert max(record["lr"] for record in records) == pytest.approx(0.02, rel=0.05)
    manifest = json.loads((project / "models/pretrain/0/manifest.json").read_text())
    assert manifest["files"]["projector.safetensors"] == sha256_of_file(
        project / "models/pretrain/0/projector.safetensors"
    )
    live = curve(project / "results/live/pretrain-0/plots/metrics/loss.tsv")
    assert [entry["loss"] for entry in live] == pytest.approx(
        [record["loss"] for record in records]
    )
    assert not any((project / ".cache/pretrain").iterdir())


def test_two_runs_give_the_same_bytes_and_another_seed_gives_others(tmp_path, monkeypatch):
    hashes = []
    for name, seed in (("a", "1"), ("b", "1"), ("b", "2")):
        project = tmp_path / name
        if not project.exists():
            small_project(project)
        run(monkeypatch, project, "pretrain", seed)
        weights = sha256_of_file(project / f"models/pretrain/{seed}/projector.safetensors")
        hashes.append([weights, (project / f"results/pretrain/{seed}.tsv").read_text()])
    assert hashes[0] == hashes[1]
    assert hashes[0][0] != hashes[2][0]
    assert hashes[0][1] != hashes[2][1]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch, optimizer):
    settings = {"optimizer": optimizer, "visits": 240, "accumulation": 2, "batch_size": 4}
    whole, killed = (
        small_project(tmp_path / "whole", pretrain=settings),
        small_project(tmp_path / "killed", pretrain=settings),
    )
    run(monkeypatch, whole, "pretrain", "0")
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bettersynth.steps.pretrain", "0"],
        cwd=killed,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while (
        time.monotonic() < deadline
        and process.poll() is None
        and not list(killed.glob(".cache/pretrain/*/0/checkpoint-*"))
    ):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(killed.glob(".cache/pretrain/*/0/checkpoint-*"))
    assert not (killed / "models/pretrain/0/projector.safetensors").exists()
    run(monkeypatch, killed, "pretrain", "0")
    for path in (
        "models/pretrain/0/projector.safetensors",
        "models/pretrain/0/manifest.json",
        "results/pretrain/0.tsv",
        "results/live/pretrain-0/plots/metrics/loss.tsv",
        "results/live/pretrain-0/metrics.json",
    ):
        assert sha256_of_file(whole / path) == sha256_of_file(killed / path), path


def test_the_best_of_several_starts_goes_on(tmp_path, monkeypatch, capsys):
    project = small_project(tmp_path, pretrain={"restarts": 3, "restart_steps": 5})
    run(monkeypatch, project, "pretrain", "0")
    starts = curve(project / "models/pretrain/0/starts.tsv")
    means = [np.mean([r["loss"] for r in starts if r["restart"] == k]) for k in range(3)]
    best = int(np.argmin(means))
    assert f"start {best} goes on" in capsys.readouterr().out
    final = curve(project / "results/pretrain/0.tsv")
    assert [r["loss"] for r in final[:5]] == [r["loss"] for r in starts if r["restart"] == best]
    assert len(final) == 12


def test_packing_gives_the_same_losses(tmp_path, monkeypatch):
    curves = []
    for packing in (False, True):
        project = small_project(
            tmp_path / str(packing),
            pretrain={"packing": packing, "grouping": "random", "visits": 48},
        )
        run(monkeypatch, project, "pretrain", "0")
        curves.append([record["loss"] for record in curve(project / "results/pretrain/0.tsv")])
    assert curves[0] == pytest.approx(curves[1], rel=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's own, while it compiles
def test_a_compiled_decoder_gives_the_same_losses(tmp_path, monkeypatch):
    curves = []
    for compiled in (False, True):
        project = small_project(
            tmp_path / str(compiled),
            pretrain={"torch_compile": compiled, "grouping": "random", "visits": 48},
        )
        run(monkeypatch, project, "pretrain", "0")
        curves.append([record["loss"] for record in curve(project / "results/pretrain/0.tsv")])
    assert curves[0] == pytest.approx(curves[1], rel=1e-4)


def test_a_loss_that_is_not_a_number_names_the_batchs_samples(tmp_path, monkeypatch):
    project = small_project(tmp_path)
    path = project / "data/features/low_res.npy"
    features = np.load(path)
    features[:] = np.inf
    np.save(path, features)
    with pytest.raises(
        UserError, match=r"the loss is nan at step 1; the batch held the samples s\d+, s\d+"
    ):
        run(monkeypatch, project, "pretrain", "0")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            conversation("x", "0.png", ""),
            r"2 of 64 rows have nothing to learn from \(allowed 1%\): "
            r"2 x the template's parts have",
        ),
        (
            {
                "id": "x",
                "image": "0.png",
                "conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yo"}],
            },
            r"item 0 \(id x\): 0 <image> in the text for 1 images",
        ),
        (
            {
                "id": "x",
                "image": "0.png",
                "conversations": [
                    {"from": "human", "value": "<image>\nhi"},
                    {"from": "human", "value": "yo"},
                ],
            },
            r"item 0 \(id x\): turn 2 is from 'human'",
        ),
        (
            {
                "id": "x",
                "image": "0.png",
                "conversations": [
                    {"from": "human", "value": "<image>\n<image>\nhi"},
                    {"from": "gpt", "value": "y"},
                ],
            },
            r"item 0 \(id x\): 2 <image> in the text for 1 images",
        ),
        (
            {
                "id": "x",
                "conversations": [
                    {"from": "human", "value": "<image>\nhi"},
                    {"from": "gpt", "value": "yo"},
                ],
            },
            r"item 0 \(id x\): 1 <image> in the text for 0 images",
        ),
        (
            {
                "id": "x",
                "image": "0.png",
                "conversations": [{"from": "human", "value": "<image>"}, "yo"],
            },
            'entry 1: conversations must be a list of {"from"',
        ),
        (conversation("x", "nowhere.png", "red"), "nowhere.png is in none of"),
    ],
)
def test_bad_rows_are_one_clear_error(tmp_path, monkeypatch, row, message):
    project = small_project(tmp_path)
    rows = json.loads((project / "data/mix/train.json").read_text())
    write(project / "data/mix/train.json", [row, row, *rows[2:]])
    with pytest.raises(UserError, match=message):
        run(monkeypatch, project, "pretrain", "0")


def test_a_truncated_language_model_is_one_clear_error(tmp_path, monkeypatch):
    project = small_project(tmp_path)
    path = project / "models/decoder/model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(UserError, match=r"model.safetensors is not a complete safetensors file"):
        run(monkeypatch, project, "pretrain", "0")


def test_a_wrong_global_batch_names_valid_ones(tmp_path, monkeypatch):
    project = small_project(tmp_path, pretrain={"global_batch": 256, "batch_size": 24})
    with pytest.raises(
        UserError,
        match=r"24 x accumulation 1 x 1 processes = 24, not the global batch 256; "
        r".* batch_size 32 with accumulation 8",
    ):
        run(monkeypatch, project, "pretrain", "0")
