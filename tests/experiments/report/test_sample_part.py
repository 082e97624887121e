"""Sampled pairs, drawn by kind."""

from __future__ import annotations

import base64
import io
import math

import pyarrow as pa
from PIL import Image

from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.experiments.report.sample_part import (
    EACH,
    SIDE,
    Trained,
    drawn_pairs,
    drawn_rows,
    thumbnail,
)


def picture(width: int = 300) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, 150), (10, 90, 200)).save(stream, "PNG")
    return stream.getvalue()


class Store:
    def read(self, name: str) -> bytes:
        return picture()


def tables(count: int):
    ids = [f"s{number:02}" for number in range(count)]
    samples = {
        "id": ids,
        "images": [[f"{name}.png"] for name in ids],
        "text": [text_of_caption(f"caption of {name}") for name in ids],
        "source": ["test"] * count,
    }
    sources = (["original", "", "tiny"] * count)[:count]
    decisions = {
        "id": ids,
        "caption_source": sources,
        "similarity_before": [0.25] * (count - 1) + [math.nan],
        "similarity": [0.5] * count,
        "reason": ["because"] * count,
    }
    return pa.table(samples), pa.table(decisions)


def draw_pairs(count, trained=(), planted=()):
    samples, decisions = tables(count)
    rows = drawn_rows(decisions)
    decided = {row["id"]: row for row in decisions.to_pylist()}
    return drawn_pairs(rows, samples, decided, dict(trained), dict(planted), Store())


def test_pairs_are_drawn_by_kind_up_to_twenty_in_order() -> None:
    pairs = draw_pairs(99)
    assert {kind: len(drawn) for kind, drawn in pairs.items()} == {
        "kept": EACH,
        "dropped": EACH,
        "recaptioned": EACH,
    }
    ids = [pair.id for pair in pairs["kept"]]
    assert ids == sorted(ids)
    assert draw_pairs(99) == pairs


def test_a_recaptioned_pair_shows_both_captions_and_a_planted_one_its_own() -> None:
    pairs = draw_pairs(3, {"s02": Trained("a new one", "s02.png")}, {"s00": "the true one"})
    (kept,) = pairs["kept"]
    assert (kept.caption, kept.new_caption) == ("caption of s00", "")
    assert (kept.swapped, kept.true_caption, kept.similarity) == (True, "the true one", "0.250")
    (recaptioned,) = pairs["recaptioned"]
    assert (recaptioned.new_caption, recaptioned.similarity) == ("a new one", " → 0.500")


def test_a_kind_that_no_sample_has_is_empty() -> None:
    assert draw_pairs(1)["dropped"] == []


def test_a_thumbnail_is_a_small_jpeg() -> None:
    head, _, data = thumbnail(picture()).partition(",")
    assert head == "data:image/jpeg;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (image.format, max(image.size)) == ("JPEG", SIDE)
