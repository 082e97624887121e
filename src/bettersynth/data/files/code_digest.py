"""The code of this project that a module consists of: its files, and one digest of what they do.

The files are found by reading the source, so that nothing is imported to find them. `dvc.yaml`
lists them (DVC watches their bytes); caches and checkpoints carry the digest, which passes over
comments, docstrings and formatting: a better comment never costs a second measurement.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import write_json

PACKAGE = "bettersynth"
# src/bettersynth
FOLDER = Path(__file__).parents[2]
# goes up when `CodeFacts` or what its digest passes over changes
FACTS_VERSION = 1

# Files that decide how a result is made, never what it is. They are left out, and what they import.
PLUMBING = {
    "bettersynth": "the number of the version",
    "bettersynth.errors": "the class of a user's mistake",
    "bettersynth.settings.reading": "turns params.yaml into dataclasses or refuses it",
    "bettersynth.settings.regular_files": "what is no file is told",
    "bettersynth.data.files.hashing": "sha256 and the like, of whatever it is given",
    "bettersynth.data.files.jsonl_rows": "a file's rows as they are, or what is wrong with one",
    "bettersynth.data.files.leftovers": "removes what dead processes left half made",
    "bettersynth.data.files.parquet_files": "a table as it is, or an error",
    "bettersynth.data.files.processes": "which process does an item's work, never the work",
    "bettersynth.data.files.project": "where the project begins",
    "bettersynth.data.files.reading": "a file as it is, or one line on what is wrong with it",
    "bettersynth.data.files.scratch": "where resumable work lies",
    "bettersynth.data.files.writing": "whole files or none",
    "bettersynth.data.files.code_digest": "this file",
    "bettersynth.data.tables.made_files": "a stage's file as it is, or the command that makes it",
    "bettersynth.measuring.local_workers": "which process works",
    "bettersynth.measuring.launching": "which process does a part of a work, never the work",
    "bettersynth.models.devices.gpus": "which GPU is asked",
    "bettersynth.models.devices.held_model": "which process holds a model, never the model",
    "bettersynth.models.devices.model_use": "how long models worked",
    "bettersynth.models.devices.within_memory": "how many rows a model is given at once",
    "bettersynth.models.devices.torchvision_schemas": "lets libraries be imported",
    "bettersynth.operators": "turns an operator's name into its module, which counts itself",
    "bettersynth.experiments.workflow.code_dependencies": "writes dvc.yaml's lists of code",
    "bettersynth.experiments.workflow.run_step": "ends a step with one line",
    "bettersynth.experiments.history.costs": "writes down what a step took",
}
FILE_NAME = re.compile(r"[\w.-]+\.\w+")


@dataclass(frozen=True)
class CodeFacts:
    """What one source file says.

    `loaded` are the dotted names that it imports when it is imported itself, `called` those that
    its functions import. `packages` are the folders that it reads data from
    (`files("bettersynth...")`), `names` what may be a file in them.
    """

    digest: str
    empty: bool
    loaded: list[str]
    called: list[str]
    packages: list[str]
    names: list[str]


def code_files(module: str, functions: bool = True) -> set[Path]:
    """Return the files of this project that `module` consists of: its own, those it imports, ...

    Data files that the code reads from beside itself are among them; files without code and
    `PLUMBING` are not. Without `functions`, imports inside functions are passed over: what remains
    is what importing the module executes.
    """
    files: set[Path] = set()
    seen = set(PLUMBING)
    waiting = {module}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        path = _source_of(name)
        if path is None:
            continue
        facts = _facts(path)
        # importing a.b.c runs a and a.b first
        waiting.update(_packages_around(name), facts.loaded)
        if functions:
            waiting.update(facts.called)
        if not facts.empty:
            files.add(path)
        files.update(_data_files(facts))
    return files


@functools.cache  # a process measures with the code that it started with
def code_digest(module: str) -> str:
    """Return 16 hex digits that change with what `module` does; "" for another project's module.

    Comments, docstrings and formatting do not count; data files count byte by byte.
    """
    digest = hashlib.sha256()
    # sorted: the digest must not depend on the order in which files were found
    files = sorted(code_files(module))
    for path in files:
        content = (
            _facts(path).digest if path.suffix == ".py" else sha256_of_bytes(path.read_bytes())
        )
        digest.update(f"{path.relative_to(FOLDER).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:16] if files else ""


def holds_code(path: Path) -> bool:
    """Return whether a source file holds more than a docstring."""
    return not _facts(path).empty


def module_name(path: Path) -> str:
    """Return the dotted name of a file of this project."""
    parts = path.relative_to(FOLDER).with_suffix("").parts
    return ".".join((PACKAGE, *parts)).removesuffix(".__init__")


def _source_of(module: str) -> Path | None:
    """Return the file of a module, None for a name that is no module of this project."""
    first, *rest = module.split(".")
    if first != PACKAGE:
        return None
    place = FOLDER.joinpath(*rest)
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def _packages_around(module: str) -> list[str]:
    """Return the packages that Python imports before `module`."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _data_files(facts: CodeFacts) -> Iterator[Path]:
    for package in facts.packages:
        folder = FOLDER.joinpath(*package.split(".")[1:])
        for name in facts.names:
            path = folder / name
            if path.suffix != ".py" and path.is_file():
                yield path


def _facts(path: Path) -> CodeFacts:
    """Return the facts of a source file, read once a process."""
    status = path.stat()
    return _read_facts(path, status.st_mtime_ns, status.st_size)


@functools.cache
def _read_facts(path: Path, _changed_ns: int, _size: int) -> CodeFacts:
    """Return the facts of a source file, kept on disk by content: parsing takes milliseconds."""
    source = path.read_bytes()
    known = scratch_folder("code") / f"{FACTS_VERSION}-{sha256_of_bytes(source)}.json"
    try:
        return CodeFacts(**json.loads(known.read_bytes()))
    except (OSError, ValueError, TypeError):
        # not there yet, or cut short
        facts = read_facts(source)
        write_json(known, asdict(facts))
        return facts


def read_facts(source: bytes) -> CodeFacts:
    """Return the facts of Python source."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        _drop_docstring(node)
    loaded: set[str] = set()
    called: set[str] = set()
    _collect_imports(tree, loaded, called)
    packages: set[str] = set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            packages.update(_package_read_by(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if FILE_NAME.fullmatch(node.value):
                names.add(node.value)
    return CodeFacts(
        digest=sha256_of_bytes(_text_of(tree).encode("utf-8", "surrogatepass")),
        empty=not tree.body,
        loaded=sorted(loaded),
        called=sorted(called - loaded),
        packages=sorted(packages),
        names=sorted(names) if packages else [],
    )


def _drop_docstring(node: ast.AST) -> None:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
        del node.body[0]


def _collect_imports(node: ast.AST, loaded: set[str], called: set[str]) -> None:
    """Add the dotted names of this project that are imported below `node`, by when that happens."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            # for the type checker alone
            continue
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            _collect_imports(child, called, called)
        elif isinstance(child, ast.Import | ast.ImportFrom):
            loaded.update(_names_imported_by(child))
        else:
            _collect_imports(child, loaded, called)


def _names_imported_by(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        origin = node.module or ""
        names = [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    for name in names:
        if name.split(".")[0] == PACKAGE:
            yield name


def _package_read_by(call: ast.Call) -> Iterator[str]:
    """Yield PACKAGE of `files("PACKAGE")` or `resources.files("PACKAGE")`."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name == "files" and call.args and isinstance(call.args[0], ast.Constant):
        package = str(call.args[0].value)
        if package.split(".")[0] == PACKAGE:
            yield package


def _text_of(value: Any) -> str:
    """Return a syntax tree as text, without places.

    `ast.dump` would do, but writes the same tree differently in different Pythons.
    """
    if isinstance(value, ast.AST):
        fields = []
        for name, content in ast.iter_fields(value):
            # newer Pythons add empty fields; `kind` tells u"..." from "...", which is the same
            if content not in (None, []) and name != "kind":
                fields.append(f"{name}={_text_of(content)}")
        return f"{type(value).__name__}({','.join(fields)})"
    if isinstance(value, list):
        return f"[{','.join(map(_text_of, value))}]"
    return repr(value)
