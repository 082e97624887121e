"""image_text_matching_filter: BLIP's matching head, on tiny random weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.one_operator import measured, measured_good
from support.parity import batch_of

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.operators import load_operator

PICTURES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]

SIZE = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.fixture(scope="module")
def tiny_blip(tmp_path_factory):
    declare_missing_schemas()
    from transformers import (
        BertTokenizer,
        BlipConfig,
        BlipForImageTextRetrieval,
        BlipImageProcessor,
        BlipProcessor,
    )

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("blip")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "dog", "cat"]
    (folder / "vocab.txt").write_text("\n".join(words))
    marks = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0, "sep_token_id": 3}
    text = {**SIZE, **marks, "encoder_hidden_size": 16, "vocab_size": 8, "projection_dim": 8}
    vision = {**SIZE, "image_size": 32, "patch_size": 16}
    config = BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=8)
    BlipForImageTextRetrieval(config).eval().save_pretrained(folder)
    images = BlipImageProcessor(size={"height": 32, "width": 32})
    BlipProcessor(images, BertTokenizer(str(folder / "vocab.txt"))).save_pretrained(folder)
    return str(folder)


def test_scores_are_reduced_over_the_pictures_of_a_chunk(tiny_blip):
    sample = {
        "text": "<__dj__image><__dj__image> a dog <|__dj__eoc|> <__dj__image> a cat",
        "images": PICTURES,
    }
    by_mode = {}
    for mode in ("avg", "max", "min"):
        settings = {"hf_blip": tiny_blip, "reduce_mode": mode}
        values, _ = measured("image_text_matching_filter", batch_of(sample), **settings)
        by_mode[mode] = values["image_text_matching_score"][0]
    assert [len(value) for value in by_mode.values()] == [2, 2, 2]
    assert by_mode["avg"][0] == pytest.approx(np.mean([by_mode["max"][0], by_mode["min"][0]]))
    assert by_mode["max"][1] == by_mode["min"][1]


def test_pictures_are_flipped_before_they_are_scored(monkeypatch):
    operator = load_operator("image_text_matching_filter")

    def corner(settings, pictures, texts):
        return [picture.getpixel((0, 0))[0] / 255 for picture in pictures]

    monkeypatch.setattr(operator, "match_probabilities", corner)
    batch = batch_of({"text": "<__dj__image> a dog", "images": ["images/grad.png"]})
    picture = batch.pictures.picture("images/grad.png")
    right, bottom = picture.width - 1, picture.height - 1
    for settings, place in (
        ({}, (0, 0)),
        ({"horizontal_flip": True}, (right, 0)),
        ({"horizontal_flip": True, "vertical_flip": True}, (right, bottom)),
    ):
        values = operator.measure(batch, operator.Measuring(**settings))
        score = picture.getpixel(place)[0] / 255
        assert values == {"image_text_matching_score": [[score]]}


def test_more_image_tokens_than_pictures_set_a_sample_aside():
    samples = [{"text": "<__dj__image> a", "images": []}]
    samples.append(
        {"text": "<__dj__image> a <|__dj__eoc|> <__dj__image> b", "images": PICTURES[:1]}
    )
    found = measured_good("image_text_matching_filter", batch_of(*samples), hf_blip="/nowhere")
    assert found.values == {"image_text_matching_score": [[]]}
    assert found.bad == {1: "more image tokens than pictures"}


def test_nano_is_the_captioner_and_each_pair_is_asked_once(monkeypatch):
    operator = load_operator("image_text_matching_filter")
    asked = []

    def probabilities(images, pairs, flips):
        asked.extend(pairs)
        return [len(words) / 10 for _, words in pairs]

    monkeypatch.setattr(operator, "nano_match_probabilities", probabilities)
    sample = {"text": "<__dj__image> a dog", "images": PICTURES[:1]}
    values = operator.measure(batch_of(sample, sample), operator.Measuring(hf_blip="nano"))
    assert values["image_text_matching_score"] == [[0.5], [0.5]]
    assert asked == [(PICTURES[0], "a dog")]
