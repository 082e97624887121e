"""A stage lists every module that decides its result, and none that does not: a missing one trains nothing anew, a needless one everything."""

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PLUMBING = {"costs.py", "errors.py", "files.py", "params.py", "run_step.py"}  # how, never what


def imported(path):
    """The files of bettersynth that `path` imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    files = [
        ROOT / "src" / Path(*name.split(".")) for name in names if name.startswith("bettersynth.")
    ]
    if ROOT / "src/bettersynth/models/captioners" in files:  # they are loaded by name
        files += (ROOT / "src/bettersynth/models/captioners").glob("*.py")
    return {file.with_suffix(".py") for file in files if file.with_suffix(".py").is_file()}


def needed(step):
    found, todo = set(), {step}
    while todo:
        path = todo.pop()
        found.add(path)
        todo |= imported(path) - found
    return {str(path.relative_to(ROOT)) for path in found if path.name not in PLUMBING}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_the_code_it_imports(stage):
    listed = {
        path
        for path in STAGES[stage].get("do", STAGES[stage])["deps"]
        if path.startswith("src/") and "$" not in path
    }
    folders = {path for path in listed if (ROOT / path).is_dir()}
    code = needed(ROOT / f"src/bettersynth/steps/{stage}.py")
    missing = sorted(
        path
        for path in code
        if path not in listed and not any(path.startswith(f"{folder}/") for folder in folders)
    )
    needless = sorted(
        path for path in listed - folders if path not in code and path.endswith(".py")
    )
    assert not missing, f"add to the deps of {stage} in dvc.yaml: {missing}"
    assert not needless, f"{stage} imports none of: {needless}"
