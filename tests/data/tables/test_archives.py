"""The manifest names every fetched file."""

import pytest

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.tables.archives import (
    ARCHIVES,
    archive_paths,
    manifest_entry,
    read_manifest,
    write_manifest,
)
from bettersynth.errors import UserError


def test_files_are_sorted_and_packages_found_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ARCHIVES.mkdir(parents=True)
    (ARCHIVES / "b.tgz").write_bytes(b"b")
    (ARCHIVES / "a.jsonl").write_bytes(b"a")
    entries = [
        manifest_entry(ARCHIVES / "b.tgz", "icons", "1.2", "MIT"),
        manifest_entry(ARCHIVES / "a.jsonl", "", "", "terms"),
    ]
    write_manifest("emoji", entries)
    manifest = read_manifest()
    assert manifest["source"] == "emoji"
    assert [entry["file"] for entry in manifest["files"]] == ["a.jsonl", "b.tgz"]
    assert manifest["files"][1] == {
        "file": "b.tgz",
        "bytes": 1,
        "sha256": sha256_of_bytes(b"b"),
        "package": "icons",
        "version": "1.2",
        "licence": "MIT",
    }
    assert archive_paths() == {"icons": ARCHIVES / "b.tgz"}


def test_what_makes_the_archives_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="run `snakemake --cores all data/archives`"):
        archive_paths()


def test_a_folder_in_the_place_of_the_manifest_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (ARCHIVES / "manifest.json").mkdir(parents=True)
    with pytest.raises(UserError, match=r"manifest\.json is a folder; it must be a file"):
        read_manifest()
