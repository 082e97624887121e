"""Blurred pictures: written once, beside the export, with what cannot be read set aside."""

from pathlib import Path

import pytest
from PIL import Image

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.errors import UserError
from bettersynth.measuring.pictures.blurring import BlurredSamples, blur_of, require_radius


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    for name, color in (("red.png", "red"), ("blue.png", "blue")):
        Image.new("RGB", (8, 8), color).save(tmp_path / name)
    names = ("red.png", "blue.png", "absent.png")
    return Batch(
        names, [[name] for name in names], Images(lambda name: (tmp_path / name).read_bytes())
    )


def test_what_stays_keeps_its_name_and_what_cannot_be_read_is_set_aside(tmp_path, batch):
    drawn = []

    def blur(batch, name):
        batch.pictures.sha256(name)
        if name == "blue.png":
            return None

        def pixels():
            drawn.append(name)
            return batch.pictures.picture(name).filter(blur_of("box", 2.0))

        return pixels, "box 2.0"

    samples = BlurredSamples(tmp_path, tmp_path / "blurred", blur)
    made, bad = samples.make(batch)
    assert made[1][0].images == ["blue.png"]
    assert made[2] == [] and list(bad) == [2]
    (path,) = made[0][0].images
    assert path.startswith("blurred/red_") and (tmp_path / path).exists()
    # the same pixels are not drawn again
    assert samples.make(batch)[0] == made
    assert drawn == ["red.png"]


def test_a_radius_is_not_negative():
    require_radius(0.0, "NAME")
    with pytest.raises(UserError, match="NAME: radius is -0.5; it must not be negative"):
        require_radius(-0.5, "NAME")
