"""A trial's data are laid out from DVC's cache as its experiment had them."""

import json
from pathlib import Path

import pytest
import yaml

from bettersynth.experiments.search import measuring_tree as room

PARAMS = {"model": {"language_model": "models/decoder", "vision_tower": None}}
OUTS = {
    "data/pool/samples.parquet": "aa01",
    "data/pool/images": "aa08.dir",
    "data/features": "aa03.dir",
    "data/benchmark/mmbench.tsv": "aa04",
    "models/pretrain/0": "aa05.dir",
}


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    Path("dvc/aa").mkdir(parents=True)
    for name in ("01", "02", "04", "06", "07"):
        Path("dvc/aa", name).write_text(f"content of {name}")
    listed = [{"relpath": "index.parquet", "md5": "aa06"}, {"relpath": "low/a.npy", "md5": "aa07"}]
    Path("dvc/aa/03.dir").write_text(json.dumps(listed))
    shards = [{"relpath": "web-00000.tar", "md5": "aa02"}]
    Path("dvc/aa/08.dir").write_text(json.dumps(shards))
    Path("models/decoder").mkdir(parents=True)
    Path("models/decoder/config.json").write_text("{}")
    outs = [{"path": path, "md5": md5} for path, md5 in OUTS.items()]
    lock = yaml.safe_dump({"schema": "2.0", "stages": {"all": {"cmd": "true", "outs": outs}}})
    files = {"dvc.lock": lock.encode(), "data/pool/images/web-00000.tar": b"fetched"}
    monkeypatch.setattr(room, "read_at_revision", lambda name, path: files[path])
    monkeypatch.setattr(room, "cached_file", lambda md5: tmp_path / "dvc" / md5[:2] / md5[2:])


def test_what_measuring_reads_lies_there_and_nothing_else():
    tree = room.measuring_tree("trial", PARAMS)
    found = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    assert found == {
        "data/pool/samples.parquet",
        "data/pool/images/web-00000.tar",
        "data/features/index.parquet",
        "data/features/low/a.npy",
        "data/benchmark/mmbench.tsv",
    }
    assert (tree / "data/features/low/a.npy").read_text() == "content of 07"
    # git's own, and no stage's
    assert (tree / "models/decoder/config.json").read_text() == "{}"
    # no second copy on the disk, and a second trial of the same data finds it
    assert (tree / "data/pool/samples.parquet").samefile("dvc/aa/01")
    assert room.measuring_tree("another", PARAMS) == tree


def test_other_disks_are_copied_from_and_a_lost_file_is_fetched(monkeypatch):
    def other_disk(source, target):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(room.os, "link", other_disk)
    Path("dvc/aa/02").unlink()
    tree = room.measuring_tree("trial", PARAMS)
    assert (tree / "data/pool/images/web-00000.tar").read_bytes() == b"fetched"
    assert (tree / "data/features/index.parquet").read_text() == "content of 06"
    assert not (tree / "data/features/index.parquet").samefile("dvc/aa/06")


def test_a_decoder_that_a_stage_made_is_that_stage_s(monkeypatch):
    params = {"model": {"language_model": "data/features/low"}}
    tree = room.measuring_tree("trial", params)
    assert not (tree / "data/features/low").is_symlink()
    assert (tree / "data/features/low/a.npy").is_file()
    assert tree != room.measuring_tree("trial", PARAMS)


def test_a_list_of_files_that_the_cache_lost_is_told():
    Path("dvc/aa/03.dir").unlink()
    with pytest.raises(FileNotFoundError, match="has lost data/features of trial"):
        room.measuring_tree("trial", PARAMS)
