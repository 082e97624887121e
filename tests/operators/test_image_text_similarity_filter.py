"""image_text_similarity_filter: a tiny CLIP, an open_clip model, Data-Juicer's guess."""

from __future__ import annotations

import shutil

import pytest
from support.one_operator import line, measured, measured_good
from support.parity import FOLDER, batch_of, cases, differences, export_differences

from bettersynth.errors import UserError
from bettersynth.operators import load_operator

CLIP = {"hf_clip": str(FOLDER / "clip_tiny")}


CASES = cases("mm_stats", "image_text_similarity_filter")


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize("group", CASES)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, in_folder):
    assert export_differences(group) == []


def test_more_image_tokens_than_pictures_set_a_sample_aside():
    samples = [
        {"text": "<__dj__image> a", "images": ["images/gray.png"]},
        {"text": "<__dj__image> a <|__dj__eoc|> <__dj__image> b", "images": ["images/gray.png"]},
    ]
    found = measured_good("image_text_similarity_filter", batch_of(*samples), **CLIP)
    assert found.positions == [0]
    assert found.bad == {1: "more image tokens than pictures"}


def test_another_model_has_another_hash(tmp_path):
    operator = load_operator("image_text_similarity_filter")
    copy = tmp_path / "clip"
    shutil.copytree(FOLDER / "clip_tiny", copy)
    first = operator.model_hash(operator.Measuring(hf_clip=str(copy)))
    assert first == operator.model_hash(operator.Measuring(**CLIP))
    from bettersynth.models.weights.identity import hash_of_model

    hash_of_model.cache_clear()
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert operator.model_hash(operator.Measuring(hf_clip=str(copy))) != first


def test_samples_without_pictures_need_no_model():
    values, flags = measured(
        "image_text_similarity_filter", batch_of({"text": "a"}), hf_clip="/nowhere"
    )
    assert values == {"image_text_similarity": [[]]}
    assert flags == [True]


def test_flips_and_the_pictures_of_a_chunk_change_the_value():
    pictures = ["images/shapes0.png", "images/shapes1.png"]
    sample = {"text": "<__dj__image><__dj__image> a dog", "images": pictures}
    values = {}
    for settings in ({}, {"reduce_mode": "max"}, {"reduce_mode": "min"}, {"horizontal_flip": True}):
        batch = batch_of(sample)
        stats, _ = measured("image_text_similarity_filter", batch, **CLIP, **settings)
        values[str(settings)] = stats["image_text_similarity"][0][0]
    average, largest, smallest, flipped = values.values()
    assert average == pytest.approx((largest + smallest) / 2, abs=1e-6)
    assert smallest < average < largest
    assert flipped != average


def test_a_precision_changes_a_value_little_and_goes_with_no_compat():
    sample = {"text": "<__dj__image> a dog", "images": ["images/shapes0.png"]}
    values = []
    for precision in ("float32", "bfloat16"):
        stats, _ = measured(
            "image_text_similarity_filter", batch_of(sample), **CLIP, precision=precision
        )
        values.append(stats["image_text_similarity"][0][0])
    assert 0 < abs(values[0] - values[1]) < 0.01
    with pytest.raises(UserError, match="precision: bfloat16 gives other numbers than Data-Juicer"):
        line("image_text_similarity_filter", "data_juicer", **CLIP, precision="bfloat16")
    with pytest.raises(UserError, match="precision is 'half'; allowed: float32, bfloat16, float16"):
        line("image_text_similarity_filter", **CLIP, precision="half")


# (pictures, Data-Juicer's own value: None where it cannot read them)
GUESSED = [
    (["grad.png", "px1x3.png"], -0.15896061062812805),
    (["grad.png", "px1.png"], -0.1558995544910431),
    (["px1x3.png", "px1x3.png"], -0.18127316236495972),
    (["px1x3.png", "grad.png"], None),
    (["px1.png", "grad.png"], None),
    (["grad.png"], -0.13664808869361877),
    (["px1x3.png"], -0.1812731921672821),
]


def test_the_first_picture_of_a_chunk_decides_on_the_channel_order_as_in_data_juicer():
    samples = []
    for names, _ in GUESSED:
        text = "<__dj__image>" * len(names) + " a dog"
        samples.append({"text": text, "images": [f"images/{name}" for name in names]})
    batch = batch_of(*samples)
    found = measured_good("image_text_similarity_filter", batch, "data_juicer", **CLIP)
    readable = [k for k, (_, value) in enumerate(GUESSED) if value is not None]
    assert found.positions == readable
    values = [value for [value] in found.values["image_text_similarity"]]
    assert values == pytest.approx([GUESSED[k][1] for k in readable], abs=1e-6)
