"""The command line teaches, and starts light."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.verb_calls import recorded

from bettersynth import cli

HEAVY = ("torch", "pandas", "pyarrow", "numpy", "transformers")


def help_of(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        cli.parser().parse_args([*arguments, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


def test_bettersynth_alone_says_what_to_type_first(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bettersynth"])
    cli.main()
    shown = capsys.readouterr().out
    assert "snakemake --cores all results/score.json" in shown
    assert "bettersynth run recipe.yaml" in shown


@pytest.mark.parametrize("verb", [verb.__name__.rpartition(".")[2] for verb in cli.VERBS])
def test_the_help_of_a_verb_ends_with_an_example_that_its_parser_takes(verb, capsys):
    epilog = help_of([verb], capsys).partition("Example")[2]
    examples = [
        shlex.split(line)[1:] for line in epilog.splitlines() if line.startswith("    bettersynth ")
    ]
    assert examples
    for example in examples:
        assert cli.parser().parse_args(example).verb == verb


def test_the_command_line_is_built_without_anything_heavy():
    program = (
        "import sys; from bettersynth.cli import parser; parser(); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert shown.stdout.strip() == "[]"


def test_a_users_mistake_is_one_line_and_exit_code_1(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bettersynth", "explain"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert str(end.value.code).startswith("error: explain needs a sample's id")


@pytest.mark.parametrize("settings", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}])
def test_letters_that_the_terminal_lacks_end_no_verb(settings):
    program = (
        "from bettersynth.experiments.workflow.run_step import run_step; "
        "run_step(lambda: print('caf\\u00e9 \\u2192 \\U0001f600'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), **settings},
    )
    assert done.stdout.startswith(b"caf")


def test_a_misspelt_verb_is_one_line_with_the_nearest_first(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bettersynth", "brows"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert "no verb brows (did you mean browse?); the verbs are: browse, " in str(end.value.code)


def test_the_version_is_said(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bettersynth", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().out.startswith("bettersynth 0.")


@pytest.mark.parametrize(
    "words",
    [
        "compare a b --page",
        "report --page",
        "leaderboard --page",
        "fidelity a b --page",
        "evaluate --output",
        "models --output",
        "score --benchmark mmbench --questions q.tsv --predictions p.jsonl --output",
        "baseline score.json",
        "compose --output",
    ],
)
def test_no_verb_writes_over_a_file_that_people_keep_in_git(tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    Path("conf").mkdir()
    for name in ("dvc.yaml", "README.md"):
        Path(name).write_text("mine\n")
    Path("params.yaml").write_text("{}\n")
    needed = "bettersynth.experiments.workflow.needed_files"
    recorded(monkeypatch, f"{needed}.needed_files", [])
    recorded(monkeypatch, f"{needed}.show", "")
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], check=True)
    words = [*words.split(), "README.md", *(["whose"] if words.startswith("baseline") else [])]
    monkeypatch.setattr(sys, "argv", ["bettersynth", *words])
    with pytest.raises(SystemExit, match="^error: .* README.md would be written over a file that"):
        cli.main()
    assert Path("README.md").read_text() == "mine\n"
