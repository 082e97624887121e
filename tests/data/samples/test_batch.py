"""What an operator sees: chunks, tokens, and files that are cut."""

from __future__ import annotations

import pytest
from support.parity import FOLDER

from bettersynth.data.samples.batch import Batch, Images, Tokens, UnreadableImage, image_chunks


def test_chunks_take_their_pictures_from_left_to_right():
    text = "<__dj__image> one <|__dj__eoc|> no picture <|__dj__eoc|> <__dj__image><__dj__image> two"
    batch = Batch([text], [["a", "b", "c"]], Images(str.encode))
    assert image_chunks(batch) == [[("one", ["a"]), ("two", ["b", "c"])]]


def test_other_special_tokens_can_be_set():
    batch = Batch(["<image>\na dog"], [["a"]], Images(str.encode), Tokens(image="<image>"))
    assert image_chunks(batch) == [[("a dog", ["a"])]]


def test_a_cut_file_is_refused_unless_data_juicer_is_asked_for():
    data = (FOLDER / "images/shapes0.jpg").read_bytes()[:2000]
    with pytest.raises(UnreadableImage, match="truncated"):
        Images(lambda _: data).picture("cut.jpg")
    lenient = Images(lambda _: data, as_data_juicer=True)
    other = Images(lambda _: data, as_data_juicer=True)
    assert lenient.picture("cut.jpg").size == other.shape("cut.jpg")
