"""The code that each stage of `dvc.yaml` depends on, written into it.

    python -m bettersynth.experiments.workflow.code_dependencies --write

A stage depends on its step and on every file that it imports, theirs, and so on (`code_files`): a
missing one would leave a stage fresh whose result has changed, a needless one would make it again
for nothing. A folder stands for its files where each of them is needed.

Operators and captioners are loaded by the names in params.yaml, which no import shows, and DVC
cannot choose a list by a parameter. So:

* `stats` lists `operators/${item.operator}.py`, the operator's own file, and what the operators in
  use import (those in `conf/` or params.yaml); `restats` lists those whole, since each measures new
  pictures.
* `filter`, `mix` and `report` decide on values that are there already: of each operator in use they
  list what importing it executes, not what its `measure` imports when it is called.
* `rewrite` lists the text mappers in use, whole; `draw` the two operators that draw, with the
  captioners.
* `caption` lists `captioners/${caption.captioner}.py`, what the captioners import, and the operator
  by which it chooses among candidates.

An operator that is in use nowhere is not listed: its own file makes `stats` stale, a change in what
it imports nothing. The steps `stats` and `rewrite` say so of such an operator (`note_unlisted`) and
name the command above, which adds it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.code_digest import (
    FOLDER,
    PLUMBING,
    code_files,
    holds_code,
    module_name,
)
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.captioners import captioner_names
from bettersynth.operators import operator_names
from bettersynth.recipes.filter_section import SIMILARITY_OPERATOR
from bettersynth.settings.draw import drawing_mappers
from bettersynth.settings.reading import parse_yaml
from bettersynth.settings.regular_files import is_there

MEASURES_ONE = "stats"
MEASURES_ANEW = "restats"
DECIDES = ("filter", "mix", "report")
CAPTIONS = "caption"
REWRITES = "rewrite"
DRAWS = "draw"
# as dvc.yaml spells FOLDER
CODE = "src/bettersynth"
BY_PARAMETER = {
    MEASURES_ONE: [f"{CODE}/operators/${{item.operator}}.py"],
    CAPTIONS: [f"{CODE}/models/captioners/${{caption.captioner}}.py"],
}
# the one operator that a recipe may have without measuring anything, so that no section names it
UNMEASURED = "random_selector"
# the groups of conf/ that name operators
RECIPES = ("rewrite", "stats", "filter", "experiment", "control")
STAGE_LINE = re.compile(r"  (\w+):")
COMMAND = "python -m bettersynth.experiments.workflow.code_dependencies --write"


def used_operators(root: Path = Path()) -> list[str]:
    """Return the operators that `conf/` and `params.yaml` measure or decide with, sorted."""
    places = [root / "params.yaml"]
    for group in RECIPES:
        places += sorted((root / "conf" / group).rglob("*.yaml"))
    named = {UNMEASURED}
    for place in places:
        if is_there(place):
            # any string that is an operator's name: recipes nest in several ways
            named.update(_strings(parse_yaml(place.read_bytes(), str(place))))
    return sorted(named & set(operator_names()))


def _strings(value: Any) -> Iterator[str]:
    """Yield every key and every string in what a YAML file holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, content in value.items():
            yield str(key)
            yield from _strings(content)
    elif isinstance(value, list):
        for content in value:
            yield from _strings(content)


def stage_code(stage: str, operators: Iterable[str]) -> list[str]:
    """Return the code that a stage depends on as dvc.yaml lists it, sorted.

    `operators` are those in use.
    """
    listed = list(BY_PARAMETER.get(stage, ()))
    for path in whole_folders(files_of_stage(stage, operators)):
        listed.append(f"{CODE}/{path.relative_to(FOLDER).as_posix()}")
    return sorted(listed)


def files_of_stage(stage: str, operators: Iterable[str]) -> set[Path]:
    """Return the files that a stage consists of, without those that `BY_PARAMETER` names."""
    files = code_files(f"bettersynth.steps.{stage}")
    mappers = {name for name in operators if name.endswith("_mapper")}
    measured_or_decided = sorted(set(operators) - mappers)
    if stage == REWRITES:
        for name in mappers:
            files |= code_files(f"bettersynth.operators.{name}")
    elif stage == MEASURES_ONE:
        for name in measured_or_decided:
            # its own file is named by the parameter: a change in one operator leaves the others
            # fresh
            own = FOLDER / "operators" / f"{name}.py"
            files |= code_files(f"bettersynth.operators.{name}") - {own}
    elif stage == MEASURES_ANEW or stage in DECIDES:
        for name in measured_or_decided:
            measured = stage == MEASURES_ANEW
            files |= code_files(f"bettersynth.operators.{name}", functions=measured)
    elif stage == DRAWS:
        for name in drawing_mappers():
            files |= code_files(f"bettersynth.operators.{name}")
        # pictures without words are described first
        for name in captioner_names():
            files |= code_files(f"bettersynth.models.captioners.{name}")
    elif stage == CAPTIONS:
        files |= code_files(f"bettersynth.operators.{SIMILARITY_OPERATOR}")
        for name in captioner_names():
            own = FOLDER / "models/captioners" / f"{name}.py"
            files |= code_files(f"bettersynth.models.captioners.{name}") - {own}
    return files


def whole_folders(files: set[Path]) -> set[Path]:
    """Return `files` with a folder in the place of its files where each of them is needed.

    DVC reads its lists with a slow parser in every command: a thousand lines cost half a second.
    """
    paths = set(files)
    folders: set[Path] = set()
    for file in files:
        folders.update(folder for folder in file.parents if FOLDER in folder.parents)
    # the deepest first: a folder that is named makes the files in it go
    for folder in sorted(folders, key=lambda folder: -len(folder.parts)):
        counted = _counted_files(folder)
        if counted is not None and len(counted) > 1 and counted <= files:
            paths = {path for path in paths if folder not in path.parents} | {folder}
    return paths


def _counted_files(folder: Path) -> set[Path] | None:
    """Return the files in a folder that can decide something, None if it also holds plumbing."""
    counted = set()
    for file in folder.rglob("*"):
        if file.is_dir() or "__pycache__" in file.parts:
            continue
        if file.suffix != ".py":
            counted.add(file)
        elif module_name(file) in PLUMBING:
            return None
        elif holds_code(file):
            counted.add(file)
    return counted


def note_unlisted(operator: str, root: Path = Path()) -> None:
    """Say so on stderr if there is a dvc.yaml that does not list what `operator` consists of."""
    dvc_file = root / "dvc.yaml"
    if not is_there(dvc_file):
        return
    if f"{CODE}/operators/{operator}.py" not in dvc_file.read_text(encoding="utf-8"):
        print(
            f"note: dvc.yaml does not list the code of {operator}, so that a change in it may "
            f"leave old results; `{COMMAND}` adds it",
            file=sys.stderr,
        )


def with_code(text: str, operators: Iterable[str]) -> str:
    """Return the text of dvc.yaml with the code in every stage's `deps` made true; all else stays.

    Raises:
        UserError: a stage has no `deps`.
    """
    lines = text.splitlines()
    written: list[str] = []
    stage = ""
    waiting: set[str] = set()
    position = 0
    while position < len(lines):
        line = lines[position]
        written.append(line)
        position += 1
        if match := STAGE_LINE.fullmatch(line):
            stage = match[1]
            waiting.add(stage)
        elif line.strip() == "deps:":
            indent = f"{line[: line.index('deps')]}  - "
            while position < len(lines) and lines[position].startswith(indent):
                if not lines[position].removeprefix(indent).startswith(f"{CODE}/"):
                    written.append(lines[position])
                position += 1
            # after the data: a reader looks for what a stage reads first
            written += [f"{indent}{path}" for path in stage_code(stage, operators)]
            waiting.discard(stage)
    if waiting:
        raise UserError(f"dvc.yaml: the stage {min(waiting)} has no `deps:` with an item a line")
    return "\n".join(written) + "\n"


def main() -> None:
    """Say whether dvc.yaml lists the code of its stages, or write it with `--write`.

    Raises:
        UserError: it does not, and `--write` is not given.
    """
    parser = argparse.ArgumentParser(prog=COMMAND.removesuffix(" --write"), description=__doc__)
    parser.add_argument("--write", action="store_true", help="write dvc.yaml; else only compare")
    arguments = parser.parse_args()
    dvc_file = Path("dvc.yaml")
    before = dvc_file.read_text(encoding="utf-8")
    after = with_code(before, used_operators())
    if before == after:
        print("dvc.yaml lists the code that its stages depend on")
    elif not arguments.write:
        raise UserError(
            f"dvc.yaml does not list the code that its stages depend on: run `{COMMAND}`"
        )
    else:
        with complete_or_absent(dvc_file) as temporary:
            temporary.write_text(after, encoding="utf-8")
        print("wrote dvc.yaml")


if __name__ == "__main__":
    run_step(main)
