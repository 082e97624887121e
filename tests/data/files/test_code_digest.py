"""Which code a module consists of, and what its digest passes over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bettersynth.data.files import code_digest
from bettersynth.data.files.code_digest import code_files, module_name, read_facts


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A project of a few small files in the place of this one."""
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "bettersynth"
    files = {
        "__init__.py": '"""A version stands here."""\n__version__ = "1"\n',
        "errors.py": "class UserError(Exception): ...\n",
        "room/__init__.py": '"""A room."""\n',
        "room/a.py": "from bettersynth.errors import UserError\nfrom bettersynth.room import b\n",
        "room/b.py": "def late():\n    import bettersynth.room.c\n",
        "room/c.py": "from bettersynth.loud.d import x\n",
        "loud/__init__.py": "print(1)\n",
        "loud/d.py": (
            "from importlib.resources import files\n"
            "x = files('bettersynth.loud').joinpath('words.txt')\n"
        ),
        "loud/words.txt": "one two\n",
        "alone.py": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from bettersynth.room.a import b\n"
        ),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    monkeypatch.setattr(code_digest, "FOLDER", folder)
    code_digest.code_digest.cache_clear()
    yield folder
    code_digest.code_digest.cache_clear()


def names(files, folder):
    return sorted(path.relative_to(folder).as_posix() for path in files)


def test_files_are_followed_through_functions_packages_and_data(package):
    everything = ["loud/__init__.py", "loud/d.py", "loud/words.txt"]
    everything += ["room/a.py", "room/b.py", "room/c.py"]
    assert names(code_files("bettersynth.room.a"), package) == everything


def test_without_functions_only_what_an_import_executes_counts(package):
    files = code_files("bettersynth.room.a", functions=False)
    assert names(files, package) == ["room/a.py", "room/b.py"]


def test_imports_for_the_type_checker_do_not_count(package):
    assert names(code_files("bettersynth.alone"), package) == ["alone.py"]


def test_a_module_of_another_project_has_no_code_here(package):
    assert code_files("json") == set()
    assert code_digest.code_digest("json") == ""


def digest_after(package, file, content):
    (package / file).write_text(content)
    code_digest.code_digest.cache_clear()
    return code_digest.code_digest("bettersynth.room.a")


def test_the_digest_changes_with_code_far_below_and_with_data(package):
    before = code_digest.code_digest("bettersynth.room.a")
    assert len(before) == 16
    other_code = digest_after(package, "room/c.py", "from bettersynth.loud.d import x\ny = 2\n")
    other_data = digest_after(package, "loud/words.txt", "one three\n")
    assert len({before, other_code, other_data}) == 3


def test_the_digest_passes_over_comments_docstrings_layout_and_plumbing(package):
    before = code_digest.code_digest("bettersynth.room.a")
    for file, content in {
        "room/b.py": (
            '"""Words."""\n# more\ndef late():\n  """Words."""\n  import bettersynth.room.c\n'
        ),
        "room/c.py": "from bettersynth.loud.d import (\n    x,\n)\n",
        "errors.py": "class UserError(ValueError): ...\n",
        "__init__.py": "__version__ = '2'\n",
    }.items():
        assert digest_after(package, file, content) == before, file


@pytest.mark.parametrize(
    ("one", "other"),
    [("x = 1", "x = 1.0"), ("x = 'a'", "x = b'a'"), ("x = (1,)", "x = 1,"), ("f(a)", "f(a=a)")],
)
def test_two_sources_are_the_same_exactly_if_they_do_the_same(one, other):
    same = one == "x = (1,)"
    assert (read_facts(one.encode()).digest == read_facts(other.encode()).digest) is same


def test_facts_cut_short_on_disk_are_read_anew(package, tmp_path):
    before = code_digest.code_digest("bettersynth.room.a")
    kept = list((tmp_path / "cache/code").glob("*.json"))
    assert kept
    for path in kept:
        path.write_text("{")
    code_digest._read_facts.cache_clear()
    assert digest_after(package, "alone.py", "") == before


def test_a_file_has_its_dotted_name():
    folder = code_digest.FOLDER
    assert module_name(folder / "data/files/writing.py") == "bettersynth.data.files.writing"
    assert module_name(folder / "data/__init__.py") == "bettersynth.data"


def test_every_plumbing_module_exists():
    for module in code_digest.PLUMBING:
        place = code_digest.FOLDER.joinpath(*module.split(".")[1:])
        assert place.with_suffix(".py").is_file() or (place / "__init__.py").is_file(), module


def test_what_a_module_really_loads_is_among_its_files():
    """The files found by reading, against those that Python loads."""
    module = "bettersynth.operators.image_text_similarity_filter"
    program = f"import sys, {module}; print(*[n for n in sys.modules if n[:11] == 'bettersynth'])"
    environment = {**os.environ, "PYTHONPATH": str(code_digest.FOLDER.parent)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    loaded = done.stdout.split()
    files = {module_name(Path(path)) for path in code_files(module, functions=False)}
    assert files <= set(loaded)
    silent = {name for name in loaded if name not in files and name not in code_digest.PLUMBING}
    for name in silent:  # plumbing's own imports, or packages that hold no code
        path = code_digest.FOLDER.joinpath(*name.split(".")[1:], "__init__.py")
        assert path.is_file() and read_facts(path.read_bytes()).empty, name
