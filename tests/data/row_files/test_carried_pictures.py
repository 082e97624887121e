from __future__ import annotations

import pytest
from support.row_files import PNG

from bettersynth.data.row_files import carried_pictures
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.errors import UserError


@pytest.mark.parametrize(
    ("content", "suffix"),
    [(PNG, ".png"), (b"\xff\xd8\xff\xe0", ".jpg"), (b"RIFF0000WEBP", ".webp"), (b"?", ".jpg")],
)
def test_a_picture_is_called_by_its_content(tmp_path, content, suffix):
    name = CarriedPictures(tmp_path / "kept").keep(content, tmp_path / "rows.parquet", "row 1")
    assert name.startswith("kept/")
    assert name.endswith(suffix)
    assert (tmp_path / name).read_bytes() == content


def test_equal_pictures_are_one_file_and_a_torn_one_is_written_again(tmp_path):
    kept = CarriedPictures(tmp_path / "kept")
    name = kept.keep(PNG, tmp_path / "data" / "a.tar", "row 1")
    assert name.startswith("../kept/")
    path = tmp_path / "kept" / name.rpartition("/")[2]
    path.write_bytes(PNG[:4])
    assert kept.keep(PNG, tmp_path / "data" / "a.tar", "row 2") == name
    assert path.read_bytes() == PNG
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_a_picture_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(carried_pictures, "MAX_FILE_BYTES", 3)
    with pytest.raises(UserError, match="row 7: a picture of 4 bytes, limit 3"):
        CarriedPictures(tmp_path).keep(b"1234", tmp_path / "a", "row 7")
