"""Hashes as DVC records them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bettersynth.experiments.history.dvc_hashes import dvc_md5, folder_md5


def test_a_file_has_its_md5_and_a_folder_that_of_the_list_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner/b.txt").write_bytes(b"b")
    (folder / "a.txt").write_bytes(b"a")
    a = hashlib.md5(b"a").hexdigest()
    b = hashlib.md5(b"b").hexdigest()
    assert dvc_md5(folder / "a.txt") == a
    listed = f'[{{"md5": "{a}", "relpath": "a.txt"}}, {{"md5": "{b}", "relpath": "inner/b.txt"}}]'
    expected = hashlib.md5(listed.encode()).hexdigest() + ".dir"
    assert dvc_md5(folder) == expected
    assert folder_md5({"inner/b.txt": b, "a.txt": a}) == expected


def test_what_dvc_ignores_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    before = dvc_md5(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/a.pyc").write_bytes(b"x")
    (tmp_path / ".snakemake_timestamp").write_bytes(b"")
    assert dvc_md5(tmp_path) == before
