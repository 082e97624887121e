"""From a folder below it, a verb about the project works in the project's root."""

from __future__ import annotations

from pathlib import Path

import pytest

from bettersynth.cli import VERBS, parser
from bettersynth.errors import UserError
from bettersynth.verbs.working_folder import IN_THE_PROJECT, OF_THE_ROOT, enter_project


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "conf").mkdir()
    (tmp_path / "results/similarity").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "results")
    return tmp_path


def entered(*words):
    arguments = parser().parse_args(words)
    enter_project(arguments)
    return arguments


def test_names_and_pages_mean_what_they_meant_where_they_were_typed(project):
    words = ["--page", "mine.html", "--seed-spread", "similarity"]
    arguments = entered("compare", "similarity", "results/other", *words)
    assert Path.cwd() == project
    assert arguments.seed_spread == "results/similarity"
    assert arguments.names == ["results/similarity", "results/other"]
    assert arguments.page == Path("results/mine.html")


def test_browse_compares_and_exports_where_it_was_typed(project):
    arguments = entered("browse", "--with", "similarity", "--export", "page")
    assert (arguments.other, arguments.export) == ("results/similarity", Path("results/page"))
    assert Path.cwd() == project


def test_browse_alone_needs_no_path(project):
    arguments = entered("browse")
    assert (arguments.name, arguments.other, arguments.export) == ("workspace", None, None)


def test_what_is_written_by_default_lands_in_the_root(project):
    assert entered("compare", "workspace", "similarity").page == Path("results/compare.html")
    assert Path.cwd() == project


@pytest.mark.parametrize("verb", [["cache"], ["costs"], ["explain", "x"], ["diff", "a", "b"]])
def test_verbs_about_the_project_find_it(project, verb):
    arguments = entered(*verb)
    assert Path.cwd() == project
    for name in IN_THE_PROJECT[verb[0]]:
        assert getattr(arguments, name) in ("workspace", "a", "b")


def test_every_verb_but_those_on_files_of_ones_own_is_about_the_project():
    names = {verb.__name__.rpartition(".")[2] for verb in VERBS}
    assert names - set(IN_THE_PROJECT) == {
        "baseline",
        "convert",
        "quality",
        "run",
        "score",
        "submission",
    }


def test_every_default_path_of_these_verbs_is_known():
    typed = "set"
    needed = {"compare": ["a", "b"], "diff": ["a", "b"], "explain": ["x"], "export": [typed]}
    needed["fidelity"] = ["models/pretrain/0"]
    defaults = set()
    for verb in IN_THE_PROJECT:
        arguments = parser().parse_args([verb, *needed.get(verb, [])])
        defaults |= {value for value in vars(arguments).values() if isinstance(value, Path)}
    assert defaults - {Path(typed)} == set(OF_THE_ROOT)


@pytest.mark.parametrize("verb", [["run", "recipe.yaml"], ["audit", "recipe.yaml"]])
def test_a_recipe_of_ones_own_is_run_where_it_lies(project, verb):
    entered(*verb)
    assert Path.cwd() == project / "results"


def test_outside_of_a_project_nothing_moves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entered("cache")
    assert Path.cwd() == tmp_path


def test_a_removed_folder_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UserError, match="this folder was removed"):
        entered("cache")
