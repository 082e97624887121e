"""docs/add-an-operator.md works as it stands: every block of it is put where it says and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/add-an-operator.md").read_text()
NAME = "uppercase_ratio_filter"


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of the page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


def files() -> dict[str, str]:
    """Return the files that the page writes: a path in backticks and a colon, then a block."""
    return dict(re.findall(r"`([\w/.]+)`:\n\n```\w+\n(.*?)```", PAGE, re.S))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of code, conf and Hydra's plugins with the files of the page."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("src", "conf", "workflow"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path, content in files().items():
        assert not (folder / path).exists(), f"{path} is taken already"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


def python(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in the copy, with the copy's code."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
    )


def test_the_page_writes_the_operator_its_test_and_its_conf():
    assert {
        f"src/bettersynth/operators/{NAME}.py",
        f"tests/operators/test_{NAME}.py",
        "conf/stats/calm.yaml",
        "conf/filter/calm.yaml",
        "pairs.jsonl",
        "recipe.yaml",
    } == set(files())


def test_the_operators_own_test_passes(project):
    test = f"tests/operators/test_{NAME}.py"
    done = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
    assert re.search(r"^7 passed", done.stdout, re.M), done.stdout


def test_the_recipe_prints_what_the_page_says(project):
    done = python(project, "-m", "bettersynth.cli", "run", "recipe.yaml")
    assert done.returncode == 0, done.stderr
    printed, _ = blocks("text")
    assert printed.strip() in done.stdout + done.stderr
    assert "BUY NOW" not in (project / "kept.jsonl").read_text()


def test_a_misspelt_setting_gets_the_pages_error(project):
    recipe = (project / "recipe.yaml").read_text().replace("max_ratio", "max_ration")
    (project / "misspelt.yaml").write_text(recipe)
    done = python(project, "-m", "bettersynth.cli", "run", "misspelt.yaml")
    _, error = blocks("text")
    assert done.returncode == 1
    said = done.stderr.replace("misspelt.yaml", "recipe.yaml")
    assert error.strip().removesuffix("...") in said


def test_the_conf_composes_and_its_recipe_is_read(project):
    program = (
        "import yaml\n"
        "from bettersynth.experiments.workflow.compose import compose\n"
        "from bettersynth.recipes.lines import read_recipe\n"
        "compose('params.yaml', ['stats=calm', 'filter=calm'])\n"
        "params = yaml.safe_load(open('params.yaml'))\n"
        "lines = read_recipe(params['filter']['recipe'], 'filter', '', params['stats'])\n"
        "print([line.name for line in lines])\n"
    )
    done = python(project, "-c", program)
    assert done.returncode == 0, done.stderr
    assert NAME in done.stdout


def test_the_code_is_formatted_and_the_rows_are_those_of_the_docs(project):
    ruff = Path(sys.executable).with_name("ruff")
    code = [path for path in files() if path.endswith(".py")]
    for command in (["check"], ["format", "--check"]):
        settings = ["--config", str(ROOT / "pyproject.toml"), "--no-cache", *code]
        done = subprocess.run(
            [ruff, *command, *settings], cwd=project, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
    row, setting = blocks("markdown")
    operators = (ROOT / "docs/operators.md").read_text()
    assert (
        row.count("|") == operators.split("| text_length_filter ")[1].split("\n")[0].count("|") + 1
    )
    assert setting.startswith(f"* `{NAME}`: decides by ")
    assert "* `text_length_filter`: decides by " in operators


def test_the_command_lists_the_operators_code_in_dvc_yaml(project):
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, project / name)
    module = "bettersynth.experiments.workflow.code_dependencies"
    assert f"python -m {module} --write" in PAGE
    done = python(project, "-m", module, "--write")
    assert done.returncode == 0, done.stderr
    stages = yaml.safe_load((project / "dvc.yaml").read_text())["stages"]
    listing = [
        name for name in stages if f"src/bettersynth/operators/{NAME}.py" in str(stages[name])
    ]
    assert {"filter", "mix", "restats"} <= set(listing)
