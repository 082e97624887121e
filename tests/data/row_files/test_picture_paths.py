from pathlib import Path

import pytest

from bettersynth.data.row_files.picture_paths import moved_path


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("a.png", "../in/a.png"),
        ("./b/../c.png", "../in/c.png"),
        ("/x/./d.png", "/x/./d.png"),
        ("https://a.org/e.png", "https://a.org/e.png"),
    ],
)
def test_a_relative_path_names_the_same_file_in_another_folder(name, moved):
    assert moved_path(name, Path("/data/in"), Path("/data/out")) == moved
