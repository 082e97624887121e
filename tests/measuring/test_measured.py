"""What can be measured is measured; what cannot is set aside with its reason."""

from __future__ import annotations

from support.parity import batch_of

from bettersynth.measuring.measured import measure_good
from bettersynth.operators import load_operator


def test_one_bad_picture_costs_its_samples_and_no_others():
    names = ("gray.png", "missing.png", "shapes0.png", "missing.png")
    batch = batch_of(*({"images": [f"images/{name}"]} for name in names))
    measured = measure_good(load_operator("image_shape_filter"), None, batch)
    assert measured.positions == [0, 2]
    assert measured.bad == dict.fromkeys((1, 3), "image images/missing.png: does not exist")
