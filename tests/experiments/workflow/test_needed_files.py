"""What a run needs from outside is listed and missed before anything runs; the sizes and hashes are
those of the files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.committed import ROOT, link_committed_project
from support.default_settings import default_params

from bettersynth import cli
from bettersynth.data.files.hashing import sha256_of_bytes, sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.experiment import composed_params, run_experiment
from bettersynth.experiments.workflow.needed_files import needed_files, require_files

SOURCE = default_params(source={"packages": []})["source"]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    Path("conf").symlink_to(ROOT / "conf")


def listed(files, **source):
    return {
        Path(row.path).name: row
        for row in needed_files({"source": SOURCE | source, "files": files})
    }


def test_a_models_folder_is_listed_file_by_file_with_its_shards():
    Path("gemma").mkdir()
    Path("gemma/config.json").write_text("{}")
    Path("gemma/model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}'
    )
    Path("gemma/model-1.safetensors").write_bytes(b"weights")
    entry = {
        "path": "gemma",
        "holds": ["config.json", "tokenizer.json|tokenizer.model", "*.safetensors|*.bin"],
        "origin": "the hub",
    }
    rows = listed({"language_model": entry})
    assert {name: row.state for name, row in rows.items()} == {
        "config.json": "present",
        "tokenizer.json|tokenizer.model": "missing",
        "model-1.safetensors": "present",
        "model-2.safetensors": "missing",
    }
    assert rows["model-1.safetensors"].size == 7
    assert rows["model-1.safetensors"].sha256 == sha256_of_bytes(b"weights")


def test_a_file_with_another_hash_than_published_and_a_package_with_the_right_one():
    Path("a.tsv").write_text("x")
    rows = listed({"tsv": {"path": "a.tsv", "sha256": "0" * 64, "origin": "yours"}})
    assert rows["a.tsv"].state == "other"
    params = composed_params("similarity")
    (weights,) = [
        row
        for row in needed_files(
            {"source": SOURCE, "files": {"towers": params["files"]["vision_towers"]}}
        )
    ]
    assert weights.state == "present"
    assert weights.sha256 == sha256_of_file(weights.path) == params["towers"]["weights_sha256"]


def test_every_file_of_the_full_setting_is_asked_for_and_the_first_missing_one_is_told():
    params = composed_params("mgm_2b")
    rows = needed_files(params)
    assert {row.state for row in rows} == {"missing"}
    text = " ".join(row.path for row in rows)
    for name in (
        "mgm_pretrain_stage_1.jsonl",
        "gemma-2b-it",
        "clip-vit-base-patch32",
        "mmbench_dev_20230712.tsv",
        "train_images",
    ):
        assert name in text
    with pytest.raises(
        UserError,
        match=(
            r"challenge/models/gemma-2b-it/config\.json \(files\.language_model\) and \d+ more: "
            r"missing; `bettersynth models mgm_2b`"
        ),
    ):
        run_experiment("mgm_2b")
    with pytest.raises(UserError, match="`bettersynth models` lists every file"):
        require_files(params)


@pytest.mark.parametrize("experiment", ["mgm_2b", "mgm_2b_recaption"])
def test_every_path_outside_the_pipeline_that_the_full_setting_names_is_in_the_list(experiment):
    params = composed_params(experiment)
    files = {str(entry.get("path")) for entry in params.pop("files").values()}
    params.pop("challenge")
    # what DVC watches for these settings: the files, or the folders that hold them
    params.pop("watched")

    def paths(value):
        if isinstance(value, dict):
            return {path for name, one in value.items() if name != "reads" for path in paths(one)}
        return {value} if isinstance(value, str) and value.startswith("challenge/") else set()

    assert paths(params) == files


def test_the_dry_run_needs_nothing_that_its_fetch_stage_does_not_make():
    params = composed_params("mgm_2b_dry")
    assert {row.state for row in needed_files(params)} == {"generated"}
    require_files(params)


def test_a_model_that_is_to_be_trained_on_text_is_made_and_its_text_is_needed():
    Path("corpus.csv").write_text("text\nred car\n")
    entry = {"path": "models/language-model", "holds": ["config.json"], "origin": "git"}
    text = {"language_model": "no-model", "train_files": ["corpus.csv", "more.csv"]}
    params = {"source": SOURCE, "files": {"language_model": entry}}
    with pytest.raises(UserError, match="models/language-model/config.json"):
        require_files(params)
    params["pretrain_lm"] = {"text": text}
    # the settings check says what of the text is missing
    require_files(params)
    assert {row.path: row.state for row in needed_files(params)} == {
        "no-model/": "missing",
        "corpus.csv": "present",
        "more.csv": "missing",
        "models/language-model": "generated",
    }


def test_snakemake_says_so_in_one_line_before_its_first_step(tmp_path):
    project = link_committed_project(tmp_path / "project")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["snakemake", "--cores", "1", "--dry-run", "results/mgm_2b/score.json"]
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith(
            "error: challenge/models/gemma-2b-it/config.json (files.language_model) and 16 "
            "more: missing"
        )
    )
    assert "Traceback" not in done.stderr


def test_the_verb_ends_with_exit_code_one_and_writes_whole_hashes(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bettersynth", "models", "mgm_2b", "--output", "list.json"])
    with pytest.raises(SystemExit, match="files are missing, or others than expected"):
        cli.main()
    shown = capsys.readouterr().out
    assert "from challenge: models/gemma-2b-it.tar.gz; or google/gemma-2b-it" in shown
    assert len(read_json("list.json")) == shown.count("missing ")
    monkeypatch.setattr(sys, "argv", ["bettersynth", "models", "no_such"])
    with pytest.raises(SystemExit, match="conf/experiment/no_such.yaml does not exist"):
        cli.main()


def test_an_entry_with_neither_path_nor_package_is_refused():
    with pytest.raises(UserError, match=r"files\.x needs either path or package"):
        listed({"x": {"origin": "nowhere"}})
