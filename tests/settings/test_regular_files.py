"""What is no file is told in words, and nothing waits for a pipe."""

from pathlib import Path

import pytest
from support.no_files import NO_FILES, put

from bettersynth.errors import UserError
from bettersynth.settings.reading import hold_params, load_params
from bettersynth.settings.regular_files import (
    file_or_folder_is_there,
    is_there,
    other_kind,
    read_regular,
)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path("a.yaml")


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_told_by_all_that_read_one(place, kind):
    put(kind, place)
    assert other_kind(place) == NO_FILES[kind]
    told = f"^a.yaml is {NO_FILES[kind]}; it must be a file: move it away, and run again$"
    for read in (is_there, read_regular, load_params, hold_params):
        with pytest.raises(UserError, match=told):
            read(place)


def test_files_are_there_and_absent_ones_are_not(place):
    link = Path("link.yaml")
    link.symlink_to(place)
    for path in (place, link, place / "below", "with\0zero"):
        assert other_kind(path) == ""
        assert not is_there(path)
        assert not file_or_folder_is_there(path)
    place.write_text("a: 1\n")
    for path in (place, link, str(place)):
        assert is_there(path)
        assert file_or_folder_is_there(path)
        assert read_regular(path) == b"a: 1\n"
        assert load_params(path) == {"a": 1}


@pytest.mark.parametrize("kind", NO_FILES)
def test_where_a_folder_may_be_all_else_is_told(place, kind):
    put(kind, place)
    if kind == "folder":
        assert file_or_folder_is_there(place)
    else:
        with pytest.raises(UserError, match=f"{NO_FILES[kind]}; it must be a file or a folder"):
            file_or_folder_is_there(place)
