from __future__ import annotations

import json

import pytest

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.models.pretrain_lm.saving import save_folder

LOG = [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.00012345, "perplexity": 3.0}]


def test_a_log_has_every_column_once_and_blanks_where_a_line_lacks_it(tmp_path):
    save_folder(tmp_path / "model", lambda folder: None, LOG, {})
    assert (tmp_path / "model/training.tsv").read_text().splitlines() == [
        "step\tloss\tperplexity",
        "1\t0.5000\t",
        "2\t0.0001234\t3.0000",
    ]


def test_the_manifest_has_the_facts_and_the_hash_of_every_file(tmp_path):
    save_folder(tmp_path / "model", lambda folder: (folder / "w").write_text("x"), LOG, {"seed": 3})
    manifest = json.loads((tmp_path / "model/manifest.json").read_text())
    assert manifest["seed"] == 3
    assert manifest["files"]["w"] == sha256_of_file(tmp_path / "model/w")
    assert sorted(manifest["files"]) == ["training.tsv", "w"]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/old").touch()
    save_folder(tmp_path / "model", lambda folder: (folder / "new").touch(), [], {})
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "manifest.json",
        "new",
        "training.tsv",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_failed_write_leaves_the_folder_as_it_was(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/old").touch()
    with pytest.raises(ZeroDivisionError):
        save_folder(tmp_path / "model", lambda folder: 1 // 0, [], {})
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
