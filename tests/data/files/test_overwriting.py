from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.errors import UserError


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data.jsonl").write_text("{}\n")
    Path("folder").mkdir()


def test_other_files_may_be_written():
    Path("out.jsonl").touch()
    inputs = [Path("data.jsonl"), Path("none")]
    for output in ("out.jsonl", "new/out.jsonl"):
        assert refuse_overwriting({"export_path": Path(output)}, inputs) is None


@pytest.mark.parametrize("kind", ["same", "spelling", "absolute", "symbolic", "hard", "folder"])
def test_a_file_that_is_read_is_refused_by_any_name(kind):
    output = Path("out.jsonl")
    if kind == "symbolic":
        output.symlink_to("data.jsonl")
    elif kind == "hard":
        os.link("data.jsonl", output)
    elif kind == "folder":
        Path("linked").symlink_to(".")
        output = Path("linked/data.jsonl")
    else:
        spellings = {"same": "data.jsonl", "spelling": "folder/../data.jsonl"}
        output = Path(spellings.get(kind, Path("data.jsonl").absolute()))
    with pytest.raises(UserError, match=r"export_path .* over data.jsonl, which is read; name"):
        refuse_overwriting({"export_path": output}, [Path("data.jsonl")])


def test_a_link_to_what_is_not_there_yet_counts_too():
    Path("link.jsonl").symlink_to("later.jsonl")
    with pytest.raises(UserError, match="--output link.jsonl would be written over later.jsonl"):
        refuse_overwriting({"--output": Path("link.jsonl")}, [Path("later.jsonl")])


def test_a_folder_in_the_place_of_an_output_is_told():
    with pytest.raises(UserError, match="export_path folder is a folder; name a file"):
        refuse_overwriting({"export_path": Path("folder")}, [])


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "dvc.lock", "conf/mix/nano.yaml"])
@pytest.mark.parametrize("where", [".", "results"])
def test_no_output_is_written_over_the_projects_settings(monkeypatch, name, where):
    Path("conf/mix").mkdir(parents=True)
    Path("results").mkdir()
    for file in ("params.yaml", "dvc.yaml", "conf/mix/nano.yaml"):
        Path(file).touch()
    monkeypatch.chdir(where)
    output = Path(os.path.relpath(".", where), name)
    with pytest.raises(UserError, match=rf"--output {output} would be written over .*{name}, "):
        refuse_overwriting({"--output": output}, [])
    # `compose` makes them
    assert refuse_overwriting({"--output": output}, [], writes_settings=True) is None
    assert refuse_overwriting({"--output": Path("conf/score/own.json")}, []) is None


PEOPLES = (
    "README.md",
    "Makefile",
    "src/code.py",
    "src/page.html",
    "conf/score/own.json",
    "a[b].md",
)
MADE = ("results/note.md", "results/score.json", "mine/train.json", "upload.xlsx")


@pytest.fixture
def _project_in_git():
    """A project below the root of its repository, whose files git has; and the working folder."""
    Path("project/conf/score").mkdir(parents=True)
    os.chdir("project")
    Path("dvc.yaml").touch()
    for name in (*PEOPLES, *MADE):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("{}")
    for command in (["init", "--quiet", ".."], ["add", "--all"]):
        subprocess.run(["git", *command], check=True)
    # what git does not have, and what it has and is gone
    Path("notes.md").touch()
    Path("gone.md").touch()
    subprocess.run(["git", "add", "gone.md"], check=True)
    Path("gone.md").unlink()


@pytest.mark.parametrize("name", PEOPLES)
@pytest.mark.parametrize("where", [".", "results"])
def test_no_output_is_written_over_what_people_keep_in_git(_project_in_git, name, where):
    os.chdir(where)
    output = Path(os.path.relpath(".", where), name)
    told = "would be written over a file that git keeps; name another file, or take that one out"
    with pytest.raises(UserError, match=told) as raised:
        refuse_overwriting({"--output": output}, [])
    assert str(raised.value).endswith(f"(`git rm --cached {output}`)")
    Path("link.json").symlink_to(output)
    with pytest.raises(UserError, match=told):
        refuse_overwriting({"--page": Path("link.json")}, [])
    assert refuse_overwriting({"--output": output}, [], made_before=lambda _: True) is None


def test_what_commands_made_may_be_made_anew_though_git_has_it(_project_in_git):
    for name in (*MADE, "notes.md", "gone.md", "new/out.json"):
        assert refuse_overwriting({"--output": Path(name)}, []) is None


def test_without_git_a_tracked_file_is_as_any(_project_in_git, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert refuse_overwriting({"--output": Path("README.md")}, []) is None
