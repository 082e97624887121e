"""A stage lists every file that decides its result, and none that does not.

A missing one leaves old results, a needless one makes all of them again.
"""

import ast
from pathlib import Path

import pytest
import yaml

from bettersynth.data.files.code_digest import code_files, holds_code, module_name, read_facts
from bettersynth.experiments.workflow.code_dependencies import (
    CAPTIONS,
    COMMAND,
    DECIDES,
    DRAWS,
    MEASURES_ANEW,
    MEASURES_ONE,
    REWRITES,
    files_of_stage,
    stage_code,
    used_operators,
    with_code,
)
from bettersynth.settings.draw import drawing_mappers

ROOT = Path(__file__).parents[1]
CODE = ROOT / "src/bettersynth"
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
OPERATORS = used_operators(ROOT)


def listed_code(stage):
    body = STAGES[stage].get("do", STAGES[stage])
    return [path for path in body["deps"] if path.startswith("src/")]


def stages_with(path):
    """The stages that watch a file, by itself or with its folder."""
    watched = f"src/bettersynth/{path}"
    return {stage for stage in STAGES if any(_holds(one, watched) for one in listed_code(stage))}


def _holds(listed, path):
    return listed == path or path.startswith(f"{listed}/")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_exactly_the_code_that_it_consists_of(stage):
    listed = set(listed_code(stage))
    needed = set(stage_code(stage, OPERATORS))
    missing, needless = sorted(needed - listed), sorted(listed - needed)
    assert not missing, f"dvc.yaml: {stage} lacks {missing}; run `{COMMAND}`"
    assert not needless, f"dvc.yaml: {stage} needs none of {needless}; run `{COMMAND}`"


@pytest.mark.parametrize("stage", STAGES)
def test_code_is_listed_once_and_in_order_and_a_folder_only_where_all_of_it_is_needed(stage):
    listed = listed_code(stage)
    assert listed == sorted(set(listed))
    needed = files_of_stage(stage, OPERATORS)
    for path in listed:
        assert "$" in path or (ROOT / path).exists(), path
        if (ROOT / path).is_dir():
            for file in sorted((ROOT / path).rglob("*.py")):
                assert file in needed or not holds_code(file), f"{stage} needs no {file}"


def test_dvc_yaml_is_as_the_tool_writes_it():
    text = (ROOT / "dvc.yaml").read_text()
    assert with_code(text, OPERATORS) == text


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_loads_code_by_name_is_followed_by_name(stage):
    loaders = set()
    for path in code_files(f"bettersynth.steps.{stage}"):
        if path.suffix == ".py":
            facts = read_facts(path.read_bytes())
            loaders.update(facts.loaded, facts.called)
    if "bettersynth.operators.load_operator" in loaders:
        assert stage in {REWRITES, DRAWS, MEASURES_ONE, MEASURES_ANEW, *DECIDES, CAPTIONS}
    assert ("bettersynth.models.captioners.captioner_module" in loaders) == (
        stage in {CAPTIONS, DRAWS}
    )


def test_who_loads_code_by_name_is_known():
    """`code_files` reads imports, so that any other way to load code would go unseen."""
    loaders = set()
    for path in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "attr", getattr(node, "id", ""))
            if name in ("import_module", "__import__", "run_module", "exec"):
                loaders.add(module_name(path).partition(".")[2])
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import"
    assert loaders == {
        "experiments.workflow.settings_check",  # no stage imports it
        "measuring.shards",  # an operator, by which the stage is called
        "measuring.text.spacy_models",  # spaCy's models, which are packages
        "models.devices.held_model",  # the module that asks for it
        "models.captioners",
        "operators",
    }


def test_deciding_imports_nothing_late():
    """The stages that decide list what importing an operator executes; `keep` must need no more."""
    for path in sorted((CODE / "operators").glob("*_*.py")):
        for function in ast.parse(path.read_text()).body:
            if isinstance(function, ast.FunctionDef) and function.name == "keep":
                kinds = {type(node) for node in ast.walk(function)}
                assert not kinds & {ast.Import, ast.ImportFrom}, path.name


def test_what_scores_is_watched_by_what_scores_and_not_by_training():
    watching = stages_with("models/backbones/lit_scorer.py")
    assert watching == {"scorer", "stats", "caption", "draw", "restats"}


def test_the_sampler_of_answers_is_watched_by_predict_alone():
    assert stages_with("models/answering/generation.py") == {"predict"}


@pytest.mark.parametrize("path", sorted((CODE / "operators").glob("*_mapper.py")), ids=module_name)
def test_no_stage_watches_a_mapper_but_the_one_that_runs_it(path):
    watching = {"rewrite"}
    # what is drawn by no words of its own is described first
    if path.stem in {*drawing_mappers(), "image_captioning_mapper"}:
        watching = {"draw"}
    assert stages_with(f"operators/{path.name}") <= watching
