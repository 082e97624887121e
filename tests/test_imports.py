"""Arrows run down: a room imports rooms below it, and light rooms stay light.

docs/architecture.md says what each room is for.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bettersynth.data.files.code_digest import module_name

SOURCE = Path(__file__).parents[1] / "src"
HOUSE = SOURCE / "bettersynth"
MODULES = sorted(HOUSE.rglob("*.py"))

# From the ground up; rooms on one line may not import each other, except verbs, whose dispatcher is
# cli.
FLOORS = [
    {"errors"},
    {"settings"},
    {"data"},
    {"evaluation"},
    {"models"},
    {"measuring"},
    {"operators"},
    {"recipes"},
    {"experiments"},
    {"steps", "verbs"},
    {"cli"},
]
FLOOR_OF = {room: height for height, floor in enumerate(FLOORS) for room in floor}
MOST_NAMES = 12  # at the top of the house, besides __init__.py

# What an operator may build on; weights are hashed there for the score cache.
UNDER_OPERATORS = (
    "errors",
    "settings",
    "data",
    "measuring",
    "models.captioners",
    "models.generation",
    "models.weights",
    "operators",
)
WITHOUT_TORCH = ("settings", "data/files", "data/tables")


def imported(path):
    """The modules of this project that a file imports anywhere, without the project's name."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(_deepest(node.module, alias.name) for alias in node.names)
    return {name.partition(".")[2] for name in names if name.startswith("bettersynth.")}


def _deepest(module, name):
    """`module.name` where that is a module itself, as in `from bettersynth.steps import filter`."""
    place = SOURCE.joinpath(*module.split("."), name)
    is_module = place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()
    return f"{module}.{name}" if is_module else module


ARROWS = {
    (module_name(path).partition(".")[2], other) for path in MODULES for other in imported(path)
}


def room(module):
    return module.split(".")[0]


def runs_down(module, other):
    if room(module) == room(other):
        return room(module) != "steps"  # no step imports a step
    return FLOOR_OF[room(other)] < FLOOR_OF[room(module)]


def test_arrows_run_down():
    up = {f"{one} -> {other}" for one, other in ARROWS if one and not runs_down(one, other)}
    assert not up, f"arrows that run up: {sorted(up)}"


def test_the_top_of_the_house_is_its_rooms():
    names = {path.stem for path in HOUSE.iterdir() if not path.name.startswith("__")}
    assert names == set(FLOOR_OF)
    assert len(names) <= MOST_NAMES


def test_operators_build_on_few_rooms():
    for one, other in ARROWS:
        if room(one) == "operators":
            assert other.startswith(UNDER_OPERATORS), f"{one} imports {other}"


def test_training_and_answering_do_not_know_each_other():
    for one, other in ARROWS:
        pair = (one.rpartition(".")[0], other.rpartition(".")[0])
        rooms = {"models.training", "models.answering"}
        assert set(pair) != rooms, f"{one} imports {other}"


@pytest.fixture(scope="module")
def loaded():
    """The modules in memory once every module of the rooms that stay light is imported."""
    modules = []
    for folder in WITHOUT_TORCH:
        modules += [module_name(path) for path in sorted((HOUSE / folder).rglob("*.py"))]
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("heavy", ["torch", "transformers", "scipy", "cv2"])
def test_settings_files_and_tables_are_read_without(heavy, loaded):
    assert "bettersynth.settings.reading" in loaded
    assert heavy not in loaded
