"""What the benchmarks import is there: they run by hand, so that nothing else would tell."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))


def module_file(module: str) -> Path:
    """Return the file of a module, or of a package's `__init__`."""
    path = SOURCE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def names_of(module: str) -> set[str]:
    """Return what a module defines or imports at its top, and the modules of a package."""
    path = module_file(module)
    names = {file.stem for file in path.parent.iterdir()} if path.stem == "__init__" else set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                names |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    return names


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_of_the_house_is_there(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if node.module.startswith("bettersynth"):
            wanted = {alias.name for alias in node.names}
            assert wanted <= names_of(node.module), f"{node.module} has no such name"
