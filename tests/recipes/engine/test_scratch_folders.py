import os
import subprocess
from pathlib import Path

from bettersynth.recipes.engine.scratch_folders import (
    remove_leftovers,
    scratch_folder_beside,
    scratch_prefix,
)


def test_the_folder_is_there_while_it_is_used(tmp_path):
    export = tmp_path / "new" / "out.jsonl"
    with scratch_folder_beside(export) as folder:
        assert folder.parent == export.parent
        (folder / "pass0").write_text("x")
    assert list(export.parent.iterdir()) == []


def test_folders_of_processes_that_are_no_more_go(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    export = tmp_path / "out.jsonl"
    prefix = scratch_prefix(export)
    names = [f"{prefix}{ended.pid}-x", f"{prefix}{os.getpid()}-x", f"{prefix}other"]
    for name in names:
        (tmp_path / name).mkdir()
    remove_leftovers(export)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])
    assert Path(names[0]).name.startswith(".out.jsonl.")
