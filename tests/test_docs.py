"""The pages for people: short lines, small tables, paths and commands that exist."""

from __future__ import annotations

import argparse
import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from bettersynth.cli import parser
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.experiment import experiment_names
from bettersynth.operators import load_operator, operator_names

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "benchmarks/README.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ]
}
COLUMNS = 120
CELL = 80

# what docs/add-an-operator.md writes
MADE_BY_THE_EXAMPLE = {
    "src/bettersynth/operators/uppercase_ratio_filter.py",
    "tests/operators/test_uppercase_ratio_filter.py",
    "conf/stats/calm.yaml",
    "conf/filter/calm.yaml",
}
# settings that the page explains once for all operators
SHARED_SETTINGS = {
    "min_closed_interval",
    "max_closed_interval",
    "reversed_range",
    "any_or_all",
    "compat",
}


def code_lines(page: str) -> list[str]:
    """Return the lines of a page's code blocks, indented or fenced, joined where they end in a
    backslash.
    """
    lines: list[str] = []
    fenced = False
    for line in page.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            if lines and lines[-1].endswith("\\"):
                lines[-1] = lines[-1][:-1] + line.strip()
            else:
                lines.append(line.strip())
    return lines


def commands(page: str, program: str) -> list[list[str]]:
    """Return the words of each command in a code block that starts with `program`, comments left
    out.
    """
    found = []
    for line in code_lines(page):
        if line.startswith(program + " "):
            found.append(shlex.split(line, comments=True))
    return found


def verbs() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each verb."""
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("the command line has no verbs")


def section(page: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    start = page.index(f"\n## {heading}\n")
    return page[start:].split("\n## ")[1]


@pytest.mark.parametrize("name", PAGES)
def test_lines_are_short_and_cells_are_small(name):
    for number, line in enumerate(PAGES[name].splitlines(), start=1):
        assert len(line) <= COLUMNS, f"{name} line {number} has {len(line)} columns"
        if line.startswith("|"):
            cells = line.strip("|").split("|")
            longest = max(cells, key=len).strip()
            assert len(longest) < CELL, f"{name} line {number}: {longest}"


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)]+)\)", PAGES[name]):
        if target.startswith(("http:", "https:")):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        assert path.exists(), f"{name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
            anchors = [re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings]
            assert anchor in anchors, f"{name}: {target}"


@pytest.mark.parametrize("name", PAGES)
def test_paths_of_the_project_exist(name):
    folders = "src|conf|docs|tests|workflow|profiles|benchmarks|models/nano-decoder"
    for path in re.findall(rf"(?<![\w/.])((?:{folders})/[\w./*-]*)", PAGES[name]):
        path = path.rstrip(".")
        if re.search(r"/[A-Z]{2,}", path) or path in MADE_BY_THE_EXAMPLE:
            continue  # a placeholder such as NAME
        assert any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists(), f"{name}: {path}"


@pytest.mark.parametrize("name", PAGES)
def test_modules_that_are_run_exist(name):
    for module in re.findall(r"-m (bettersynth[\w.]+)", PAGES[name]):
        path = ROOT / "src" / module.removesuffix(".NAME").replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), f"{name}: {module}"


@pytest.mark.parametrize("name", PAGES)
def test_commands_of_bettersynth_are_understood(name):
    for words in commands(PAGES[name], "bettersynth"):
        if words[1:] and "--help" not in words:
            assert parser().parse_args(words[1:]).verb == words[1], f"{name}: {words}"


@pytest.mark.parametrize("name", PAGES)
def test_experiments_and_choices_exist(name):
    known = experiment_names(ROOT / "conf")
    for words in commands(PAGES[name], "snakemake"):
        for word in words:
            folder = re.fullmatch(r"results/(\w+)/score\.json", word)
            assert folder is None or folder[1] in {*known, "NAME"}, f"{name}: {word}"
    for words in commands(PAGES[name], "dvc"):
        for word in words:
            group, _, choice = word.lstrip("+").partition("=")
            if (ROOT / "conf" / group).is_dir() and choice not in {"calm", "NAME"}:
                assert (ROOT / "conf" / group / f"{choice}.yaml").is_file(), f"{name}: {word}"


def overrides() -> list[tuple[str, ...]]:
    """Return what follows `-S` in each `dvc exp run` of a code block, and the words of `bettersynth
    compose`.
    """
    found = []
    for page in PAGES.values():
        for words in commands(page, "dvc exp run"):
            after = [word for flag, word in zip(words, words[1:], strict=False) if flag == "-S"]
            found.append(tuple(first_of_a_sweep(word) for word in after))
        for words in commands(page, "bettersynth compose"):
            found.append(tuple(word for word in words[2:] if "=" in word))
    # tests/test_add_an_operator.py composes its own choice, with the files of its page
    return sorted({settings for settings in found if "stats=calm" not in settings})


def first_of_a_sweep(override: str) -> str:
    """Return `a=1` of `a=1,2`, as one run of the sweep has it; a list in brackets is no sweep."""
    name, _, value = override.partition("=")
    return override if value.startswith("[") else f"{name}={value.split(',')[0]}"


@pytest.mark.parametrize("settings", overrides(), ids=" ".join)
def test_the_settings_of_a_command_compose(settings):
    assert composed(settings, ROOT / "conf")["seeds"]


@pytest.mark.parametrize("verb", verbs())
def test_a_verb_has_its_section_with_an_example_before_its_table(verb):
    text = section(PAGES["docs/commands.md"], f"`bettersynth {verb}`")
    example = text.index(f"\n    bettersynth {verb}")
    actions = verbs()[verb]._actions
    # `--help` alone needs no table
    assert len(actions) == 1 or example < text.index("\n| ")
    for action in actions:
        flags = [flag for flag in action.option_strings if flag.startswith("--")]
        for flag in flags:
            assert flag == "--help" or f"`{flag}" in text, f"{verb} {flag}"
        for choice in action.choices or ():
            assert f"`{choice}`" in text, f"{verb}: {choice}"


def test_commands_md_has_no_verb_that_is_gone():
    named = re.findall(r"^## `bettersynth (\w+)`", PAGES["docs/commands.md"], re.M)
    assert sorted(named) == sorted(verbs())


@pytest.mark.parametrize("name", operator_names())
def test_an_operators_settings_are_listed_with_their_defaults(name):
    operator = load_operator(name)
    page = PAGES["docs/operators.md"]
    listed = " ".join(re.findall(rf"^\* `{name}`: .*(?:\n  .*)*", page, re.M))
    for kind in ("Measuring", "Deciding", "Settings"):
        if hasattr(operator, kind):
            for field in dataclasses.fields(getattr(operator, kind)):
                if field.name in SHARED_SETTINGS:
                    continue
                assert re.search(rf"\b{field.name}\b", listed), f"{name}: {field.name}"
                default = re.search(rf"\b{field.name} (\d[\d.]*)(?=[,;)]|\s|$)", listed)
                assert not default or float(default[1]) == field.default, f"{name}: {default[0]}"


def test_the_tree_of_the_architecture_is_the_tree():
    tree = PAGES["docs/architecture.md"].split("```text\nsrc/bettersynth/\n")[1].split("```")[0]
    named = []
    room = ""
    for line in tree.splitlines():
        name = line.split()[0].rstrip("/")
        if line.startswith("    "):
            name = f"{room}/{name}"
        else:
            room = name
        named.append(name)
    package = ROOT / "src/bettersynth"
    rooms = [*package.glob("*/__init__.py"), *package.glob("*/*/__init__.py")]
    there = [str(path.parent.relative_to(package)) for path in rooms]
    there += [path.name for path in package.glob("*.py") if path.name != "__init__.py"]
    assert sorted(named) == sorted(there)
