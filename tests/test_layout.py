"""What a newcomer may rely on when guessing a path."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import compose
from bettersynth.experiments.workflow.dvc_stages import composition_drift, load_stages, tree_digest
from bettersynth.experiments.workflow.experiment import experiment_names

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
    "": "errors",
    "experiments/workflow": "compose dvc_stages experiment",
    "models/answering": "answerer mmbench textvqa",
    "models/architecture": "assembly",
    "models/miniature": "data weights",
    "models/pretrain_lm": "continued saving words",
    "models/weights": "identity",
    "settings": (
        "benchmark caption captioner files filter finetune instruction launch mix model "
        "pool predict pretrain pretrain_lm refine score scorer seeds signs source towers "
        "training"
    ),
}
# What several modules do together, beside the tests of the whole in tests/ itself.
TOGETHER = {
    "models/training/test_full_size_step.py",
    "steps/test_deepspeed.py",
    "steps/test_launched_steps.py",
    "steps/test_pretrain_lm_text.py",
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_run_by_the_step_of_its_name(stage):
    body = STAGES[stage].get("do", STAGES[stage])
    assert f"bettersynth.steps.{stage}" in body["cmd"]
    assert f"src/bettersynth/steps/{stage}.py" in body["deps"]
    assert (ROOT / f"src/bettersynth/steps/{stage}.py").is_file()


@pytest.mark.parametrize("stage", STAGES)
def test_the_code_a_stage_depends_on_exists(stage):
    for dependency in STAGES[stage].get("do", STAGES[stage])["deps"]:
        if dependency.startswith("src/") and "$" not in dependency:
            assert (ROOT / dependency).exists(), dependency


@pytest.mark.parametrize("name", experiment_names(ROOT / "conf"))
def test_an_experiment_composes_and_opens_with_its_command(name, tmp_path):
    compose(tmp_path / "params.yaml", [f"experiment={name}"], ROOT / "conf")
    assert set(yaml.safe_load((tmp_path / "params.yaml").read_text())) >= {
        "seeds",
        "filter",
        "mix",
        "pretrain",
    }
    assert (
        f"snakemake results/{name}/score.json"
        in (ROOT / f"conf/experiment/{name}.yaml").read_text()
    )


def test_params_yaml_is_the_default_composition(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert composition_drift() == []


def test_an_unknown_choice_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="no_such_source"):
        compose(tmp_path / "params.yaml", ["source=no_such_source"], ROOT / "conf")


@pytest.mark.parametrize("content", [b"filter: [\n", b"# caf\xe9\n"])
def test_a_broken_conf_file_is_one_clear_error(tmp_path, content):
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    (tmp_path / "conf/experiment/broken.yaml").write_bytes(content)
    with pytest.raises(UserError) as error:
        compose(tmp_path / "params.yaml", ["experiment=broken"], tmp_path / "conf")
    assert "\n" not in str(error.value)


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


def test_stages_come_in_order_and_what_reads_from_a_stale_one_is_stale(monkeypatch):
    monkeypatch.chdir(ROOT)
    stages = load_stages()
    made_at = {path: position for position, stage in enumerate(stages) for path in stage.outputs}
    for position, stage in enumerate(stages):
        assert all(made_at[path] < position for path in stage.inputs), stage.name
    stale = {path for stage in stages if stage.stale for path in stage.outputs}
    assert all(stage.stale for stage in stages if stale & set(stage.inputs))


def test_a_folder_without_git_or_without_a_commit_is_one_line(tmp_path):
    with pytest.raises(UserError, match="is not a git repository; .* run `git init"):
        load_stages(tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("")
    with pytest.raises(UserError, match="git has no commit"):
        load_stages(tmp_path)


def test_a_changed_file_changes_the_trees_digest_and_a_newer_one_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/a.yaml").write_text("x: 1")
    before = tree_digest(["conf"])
    (tmp_path / "conf/a.yaml").touch()
    assert tree_digest(["conf"]) == before
    (tmp_path / "conf/a.yaml").write_text("x: 2")
    assert tree_digest(["conf"]) != before


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
    for script in (ROOT / "benchmarks").glob("*.py"):
        mirrored.add(ROOT / "tests/benchmarks" / f"test_{script.name}")
    mirrored |= {ROOT / "tests" / path for path in TOGETHER}
    found = {path for path in (ROOT / "tests").rglob("*/test_*.py")}
    of_the_whole = set((ROOT / "tests").glob("test_*.py"))
    assert sorted(found - mirrored - of_the_whole) == []
