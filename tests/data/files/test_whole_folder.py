import os
import stat

import pytest

from bettersynth.data.files.whole_folder import whole_folder


def test_a_filled_folder_takes_the_place_of_the_older_one(tmp_path):
    folder = tmp_path / "deep/made"
    for content in ("first", "second"):
        with whole_folder(folder) as fresh:
            (fresh / f"{content}.txt").write_text(content)
        assert os.listdir(folder) == [f"{content}.txt"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert os.listdir(folder.parent) == ["made"]


def test_a_block_that_fails_leaves_the_older_one_alone(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "old.txt").touch()
    with pytest.raises(OSError, match="full disk"), whole_folder(folder) as fresh:
        (fresh / "new.txt").touch()
        raise OSError("full disk")
    assert os.listdir(folder) == ["old.txt"]
    assert os.listdir(tmp_path) == ["made"]
