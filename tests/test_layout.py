"""What a newcomer may rely on when guessing a path."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
OPERATORS = sorted(
    path.stem
    for kind in ("filter", "mapper", "deduplicator", "selector")
    for path in (ROOT / "src/bettersynth/operators").glob(f"*_{kind}.py")
)
# Protocols alone: there is nothing to run.
WITHOUT_TEST = {"measuring/protocols.py"}
# Modules, by folder, whose test is still to be written: this list only shrinks.
WAITING = {
    "models/answering": "answerer mmbench textvqa",
    "models/architecture": "assembly",
    "models/miniature": "data weights",
    "models/pretrain_lm": "continued saving words",
    "models/weights": "identity",
}
# What several modules do together, beside the tests of the whole in tests/ itself.
TOGETHER = {
    "experiments/browse/test_page_for_all.py",
    "experiments/browse/test_page_of_a_pair.py",
    "experiments/browse/test_page_of_bounds.py",
    "experiments/browse/test_page_of_points.py",
    "models/training/test_full_size_step.py",
    "steps/test_deepspeed.py",
    "steps/test_launched_steps.py",
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_run_by_the_step_of_its_name(stage):
    body = STAGES[stage].get("do", STAGES[stage])
    assert f"bettersynth.steps.{stage}" in body["cmd"]
    assert f"src/bettersynth/steps/{stage}.py" in body["deps"]
    assert (ROOT / f"src/bettersynth/steps/{stage}.py").is_file()


def test_every_step_but_the_one_by_hand_has_its_stage():
    steps = {path.stem for path in (ROOT / "src/bettersynth/steps").glob("[a-z]*.py")}
    assert sorted(steps - set(STAGES)) == ["nano_decoder"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_code_a_stage_depends_on_exists(stage):
    for dependency in STAGES[stage].get("do", STAGES[stage])["deps"]:
        if dependency.startswith("src/") and "$" not in dependency:
            assert (ROOT / dependency).exists(), dependency


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_has_its_row_in_the_docs(operator):
    assert f"| {operator} " in (ROOT / "docs/operators.md").read_text().replace("`", "")


@pytest.mark.parametrize(
    "captioner",
    sorted(path.stem for path in (ROOT / "src/bettersynth/models/captioners").glob("[a-z]*.py")),
)
def test_a_captioner_has_its_row_in_the_docs_and_a_choice_in_the_conf(captioner):
    assert f"| {captioner} " in (ROOT / "docs/captioners.md").read_text()
    chosen = [
        yaml.safe_load(path.read_text()).get("captioner")
        for path in (ROOT / "conf/caption").glob("*.yaml")
    ]
    assert captioner in chosen


def mirrored_test(module: Path) -> Path:
    """Return where the test of a module lies: `a/b/c.py` has `tests/a/b/test_c.py`."""
    return ROOT / "tests" / module.parent / f"test_{module.name}"


def modules() -> list[Path]:
    source = ROOT / "src/bettersynth"
    files = [path.relative_to(source) for path in source.rglob("*.py")]
    return sorted(path for path in files if path.name != "__init__.py")


def test_a_module_has_its_test_at_the_mirrored_path():
    waiting = set()
    for folder, names in WAITING.items():
        waiting |= {str(Path(folder) / f"{name}.py") for name in names.split()}
    missing = {str(module) for module in modules() if not mirrored_test(module).exists()}
    assert sorted(missing - waiting - WITHOUT_TEST) == []


def test_a_module_that_needs_no_test_exists_and_has_none():
    known = {str(module) for module in modules()}
    assert WITHOUT_TEST <= known
    assert [name for name in WITHOUT_TEST if mirrored_test(Path(name)).exists()] == []


def test_a_test_lies_where_its_module_does():
    mirrored = {mirrored_test(module) for module in modules()}
    # a folder whose __init__.py does something is tested under its own name
    for folder in (ROOT / "src/bettersynth").rglob("__init__.py"):
        room = folder.parent.relative_to(ROOT / "src/bettersynth")
        mirrored.add(ROOT / "tests" / room / f"test_{room.name}.py")
    for script in (ROOT / "benchmarks").rglob("*.py"):
        folder = script.parent.relative_to(ROOT)
        mirrored.add(ROOT / "tests" / folder / f"test_{script.name}")
    mirrored |= {ROOT / "tests" / path for path in TOGETHER}
    found = {path for path in (ROOT / "tests").rglob("*/test_*.py")}
    of_the_whole = set((ROOT / "tests").glob("test_*.py"))
    assert sorted(found - mirrored - of_the_whole) == []


def test_no_setting_is_shell_text_in_a_command():
    # DVC quotes the values of a mapping, such as the item of a matrix, and nothing else.
    for name, stage in STAGES.items():
        templates = re.findall(r"\$\{.*?\}", stage.get("do", stage)["cmd"])
        assert set(templates) <= {"${item}"}, name
        if "${item}" in templates:
            assert "matrix" in stage, name
