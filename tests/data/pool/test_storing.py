"""Every picture is decoded once, and a pair with a bad one is refused with the reason."""

import pytest
from support.small_archives import picture_bytes

from bettersynth.data.pictures.decoding import FORMATS
from bettersynth.data.pool.storing import (
    check_rejects,
    count_reasons,
    image_bytes,
    store_pairs,
)
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.data.tables.rejects import Refused
from bettersynth.errors import UserError


@pytest.fixture
def pairs(tmp_path):
    (tmp_path / "good.jpg").write_bytes(picture_bytes(1, "JPEG", (40, 30)))
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    photos = {
        name: Picture(name, "photo", path=tmp_path / name) for name in ("good.jpg", "bad.jpg")
    }
    drawing = Picture("drawing.png", "raster", picture_bytes(2))
    return [
        Pair("both", "x", (photos["good.jpg"], photos["bad.jpg"]), "pool", "x", "x"),
        Pair("good", "x", (photos["good.jpg"], drawing), "pool", "x", "x"),
    ]


def test_a_pair_with_one_bad_picture_is_refused(pairs):
    stored = store_pairs(pairs, longest_side=32, processes=1)
    assert [pair.id for pair in stored.usable] == ["good"]
    reason = f"not an image: it is none of {', '.join(FORMATS)}"
    assert stored.refused == [Refused("both", ("good.jpg", "bad.jpg"), reason)]
    assert sorted(stored.images) == ["drawing.png", "good.jpg"]
    assert (stored.images["good.jpg"].width, stored.images["good.jpg"].height) == (40, 30)


def test_pictures_are_yielded_once_and_a_changed_photo_is_refused(pairs, tmp_path):
    stored = store_pairs(pairs, longest_side=32, processes=1)
    files = dict(image_bytes(stored.usable * 2, stored.images))
    assert list(files) == ["good.jpg", "drawing.png"]
    assert files["good.jpg"] == (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "good.jpg").write_bytes(picture_bytes(3, "JPEG"))
    with pytest.raises(UserError, match=r"good\.jpg changed while the pool was made"):
        dict(image_bytes(stored.usable, stored.images))


def test_reasons_are_counted_by_what_stands_before_the_colon():
    refused = [Refused(str(k), (), reason) for k, reason in enumerate(["b: 1", "b: 2", "a"])]
    assert count_reasons(refused) == {"b": 2, "a": 1}
    assert list(count_reasons(refused)) == ["b", "a"]


def test_a_share_at_the_limit_passes_and_one_above_it_fails():
    refused = [Refused("1", (), "a")]
    check_rejects(refused, 10, 0.1)
    check_rejects([], 0, 0.0)
    with pytest.raises(UserError, match=r"1 of 9 pairs are unusable \(1 a\), more than pool"):
        check_rejects(refused, 9, 0.1)
