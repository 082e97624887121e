"""A default stands in code or in conf, never in both; conf names nothing unknown to the code."""

import dataclasses
import importlib
import pkgutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest
import yaml
from support.committed import committed_params
from support.default_settings import default_settings

import bettersynth.settings
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.settings_check import WITHOUT_DATACLASS, settings_class

ROOT = Path(__file__).parents[2]
PARAMS = committed_params()
SECTIONS = sorted(PARAMS.keys() - WITHOUT_DATACLASS)
# No section of settings: they read or check, or are part of several sections.
PARTS = {
    "files",
    "lora",
    "one_source",
    "reading",
    "refine",
    "regular_files",
    "seeds",
    "signs",
    "training",
    "weights",
    "yaml_12",
    "yaml_limits",
}


def restated(settings_type: type, values: dict, where: str) -> list[str]:
    """Return the fields that have both a value and a default, those of nested settings too."""
    hints = typing.get_type_hints(settings_type)
    found = []
    for field in dataclasses.fields(settings_type):
        name = f"{where}.{field.name}"
        defaults = (field.default, field.default_factory)
        has_default = any(default is not dataclasses.MISSING for default in defaults)
        if field.name in values and has_default:
            found.append(name)
        if dataclasses.is_dataclass(hints[field.name]) and field.name in values:
            found += restated(hints[field.name], values[field.name], name)
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_what_the_default_choice_names_has_no_default_in_code(section):
    assert restated(settings_class(section), PARAMS[section], section) == []


def test_so_it_is_for_language_models_which_the_default_run_does_not_train():
    values = yaml.safe_load((ROOT / "conf/nano_decoder/nano.yaml").read_text())
    assert restated(settings_class("nano_decoder"), values, "nano_decoder") == []
    values = yaml.safe_load((ROOT / "conf/pretrain_lm/text.yaml").read_text())["text"]
    text = importlib.import_module("bettersynth.settings.pretrain_lm").TextSettings
    assert restated(text, values, "pretrain_lm.text") == []


def test_a_restated_default_is_found():
    @dataclasses.dataclass
    class Stated:
        seed: int = 0
        width: int = 3

    assert restated(Stated, {"seed": 1}, "stated") == ["stated.seed"]


def names_in_conf(section: str) -> set[str]:
    """Return the settings of a section that a file of conf/ names, in whichever group."""
    names: set[str] = set()
    for path in (ROOT / "conf").rglob("*.yaml"):
        values = yaml.safe_load(path.read_text())
        names |= set(values if path.parent.name == section else values.get(section) or {})
    return names


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_named_by_a_conf_file(section):
    """A flag that no conf uses is one that nobody knows of."""
    # conf/refine places itself there, as its first line says.
    elsewhere = {"filter": {"refine"}}.get(section, set())
    fields = {field.name for field in dataclasses.fields(settings_class(section))}
    assert fields - names_in_conf(section) - elsewhere == set()


def test_a_conf_group_has_its_file_in_the_settings_room():
    modules = {module.name for module in pkgutil.iter_modules(bettersynth.settings.__path__)}
    assert modules - PARTS == set(SECTIONS) | {"nano_decoder", "search", "pools"}


def test_the_settings_room_and_the_check_import_nothing_heavy():
    heavy = ("torch", "transformers", "scipy", "pandas", "dvc", "hydra")
    program = (
        "import sys; from pathlib import Path\n"
        "from bettersynth.experiments.workflow.settings_check import require_valid_settings\n"
        "from bettersynth.settings.reading import load_params\n"
        "require_valid_settings(load_params())\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("scale", sorted(path.stem for path in (ROOT / "conf/scale").iterdir()))
def test_a_scale_chooses_every_group(scale):
    groups = {path.name for path in (ROOT / "conf").iterdir() if path.is_dir()}
    chosen_elsewhere = {"scale", "experiment", "control", "audit", "deepspeed", "nano_decoder"}
    chosen_elsewhere |= {"search", "pools"}
    params = composed([f"scale={scale}"], ROOT / "conf")
    no_group = {"seeds", "challenge", "watched"}
    assert groups - chosen_elsewhere == (params.keys() - no_group) | {"refine"}


def test_the_defaults_of_a_section_can_be_changed_for_a_test():
    assert default_settings("pool.emoji", instruction_share=0.4).instruction_share == 0.4
    assert default_settings("mix").visits == PARAMS["mix"]["visits"]


def test_bounds_are_of_settings_that_there_are():
    for module in pkgutil.iter_modules(bettersynth.settings.__path__):
        part = importlib.import_module(f"bettersynth.settings.{module.name}")
        for value in vars(part).values():
            if isinstance(value, type) and hasattr(value, "BOUNDS"):
                names = {field.name for field in dataclasses.fields(value)}
                assert value.BOUNDS.keys() <= names
