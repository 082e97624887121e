import shutil
from pathlib import Path

import pytest
from support.small_pool import write_pool

from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.errors import UserError
from bettersynth.experiments.report.example_pictures import example_pictures


def read(path):
    return Path(path).read_bytes() if Path(path).is_file() else None


def test_pictures_that_are_at_hand_are_shown_and_others_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert example_pictures(read, ["s00"]) == {}
    ids = write_pool(["a dog", "a cat"])
    pictures = example_pictures(read, [ids[1], "nosuch"])
    assert list(pictures) == [ids[1]]
    assert pictures[ids[1]].startswith("data:image/jpeg;base64,")
    shutil.rmtree("data/pool/images")
    assert example_pictures(read, ids) == {}


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(["a dog"])
    shutil.rmtree(POOL_IMAGES)
    POOL_IMAGES.write_bytes(b"")
    with pytest.raises(UserError, match="images is a file; it must be a folder"):
        example_pictures(lambda path: Path(path).read_bytes(), ids)
