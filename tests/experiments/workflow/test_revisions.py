"""Files at a commit come from git and DVC's cache, without dvc.api."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow import revisions
from bettersynth.experiments.workflow.revisions import read_at_revision, reference_of


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A committed project whose dvc.lock names a file and a folder, and DVC's cache."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "cache"
    monkeypatch.setattr(revisions, "cache_folder", lambda: folder)
    one = _stored(folder, b"one")
    listing = json.dumps([{"md5": one, "relpath": "deep/one.txt"}]).encode()
    place = _stored(folder, listing, ".dir")
    outs = f"- {{path: data/table, md5: {one}}}\n    - {{path: models, md5: {place}}}\n"
    lost = "    - {path: lost, md5: abcdef0123}\n"
    Path("dvc.lock").write_text(f"stages:\n  pool:\n    cmd: x\n    outs:\n    {outs}{lost}")
    Path("params.yaml").write_text("a: 1\n")
    who = ["-c", "user.name=n", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "dvc.lock", "params.yaml"], [*who, "commit", "-qm", "s"]):
        subprocess.run(["git", *words], check=True)
    return folder


def _stored(folder, content, ending=""):
    md5 = hashlib.md5(content).hexdigest() + ending
    (folder / md5[:2]).mkdir(parents=True, exist_ok=True)
    (folder / md5[:2] / md5[2:]).write_bytes(content)
    return md5


def test_tracked_files_outputs_and_files_in_outputs_are_read(cache, monkeypatch):
    monkeypatch.setattr(revisions, "_fetched", None)
    Path("params.yaml").write_text("a: 2\n")
    assert read_at_revision("HEAD", "params.yaml") == b"a: 1\n"
    assert read_at_revision("HEAD", "data/table") == b"one"
    assert read_at_revision("HEAD", "models/deep/one.txt") == b"one"


def test_what_there_is_not_is_not_found_without_dvc(cache, monkeypatch):
    monkeypatch.setattr(revisions, "_fetched", None)
    for path in ("nosuch", "models/nosuch", "models", "data"):
        with pytest.raises(FileNotFoundError, match=f"HEAD has no file {path}"):
            read_at_revision("HEAD", path)
    assert reference_of("nosuch") is None


def test_an_experiment_of_a_folder_is_found_by_its_targets_name(cache):
    reference = "refs/exps/ab/cdef/seeing-clean"
    subprocess.run(["git", "update-ref", reference, "HEAD"], check=True)
    assert reference_of("seeing-clean") == reference_of("seeing/clean") == reference
    # what git itself calls so goes first
    subprocess.run(["git", "branch", "seeing/clean"], check=True)
    assert reference_of("seeing/clean") == "seeing/clean"


def test_what_the_cache_lacks_is_fetched(cache, monkeypatch):
    monkeypatch.setattr(revisions, "_fetched", lambda reference, path: b"from the remote")
    assert read_at_revision("HEAD", "lost") == b"from the remote"


def test_a_damaged_list_of_a_folder_is_one_line(cache):
    for listing in cache.glob("*/*.dir"):
        listing.write_text("[{")
    with pytest.raises(UserError, match="in DVC's cache is damaged"):
        read_at_revision("HEAD", "models/deep/one.txt")
