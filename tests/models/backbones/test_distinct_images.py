"""Equal bytes are one image, wherever they lie."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.errors import UserError
from bettersynth.models.backbones.distinct_images import find_images, tsv_images


def png(color: int, width: int = 40, height: int = 24) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (color, 90, 255 - color)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_images("pool_images", [(f"{k}.png", png(k)) for k in range(70)])
    write_images("boards", [("again.png", png(3)), ("new.png", png(200))])
    encoded = base64.b64encode(png(201)).decode()
    Path("mmbench.tsv").write_text(f"index\timage\n5\t{encoded}\n1000005\t5\n")
    return tmp_path


def test_equal_bytes_are_one_image_and_a_circular_row_points_to_its_base(folder: Path) -> None:
    places = find_images([Path("pool_images"), Path("boards")], [Path("mmbench.tsv")])
    assert len(places) == 72
    assert list(places) == sorted(places)
    assert [name for name, _ in tsv_images(Path("mmbench.tsv"))] == ["of index 5"]


def test_a_tsv_without_images_or_with_broken_base64_is_named(folder: Path) -> None:
    Path("bad.tsv").write_text("index\tpicture\n1\tx\n")
    with pytest.raises(UserError, match="lacks the column image; its columns are: index, picture"):
        list(tsv_images(Path("bad.tsv")))
    Path("bad.tsv").write_text("index\timage\n1\t%%%\n")
    with pytest.raises(UserError, match=r"bad\.tsv line 2: the image of row 1 is neither base64"):
        list(tsv_images(Path("bad.tsv")))


def test_places_without_an_image_are_named(folder: Path) -> None:
    write_images("empty", [])
    with pytest.raises(UserError, match=r"no image in empty"):
        find_images([Path("empty")], [])
    with pytest.raises(UserError, match=r"none\.tsv does not exist; run `snakemake"):
        list(tsv_images(Path("none.tsv")))
