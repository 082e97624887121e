"""phrase_grounding_recall_filter: noun phrases found by a tiny random OwlViT."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.one_operator import measured, measured_good
from support.parity import FOLDER, batch_of

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.operators import phrase_grounding_recall_filter as operator

PICTURES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]

SIZE = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.fixture(scope="module")
def tiny_owlvit(tmp_path_factory):
    declare_missing_schemas()
    from transformers import (
        AutoTokenizer,
        OwlViTConfig,
        OwlViTForObjectDetection,
        OwlViTImageProcessor,
        OwlViTProcessor,
    )

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("owlvit")
    tokenizer = AutoTokenizer.from_pretrained(FOLDER / "clip_tiny", model_max_length=16)
    marks = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": 0,
    }
    text = {**SIZE, **marks, "vocab_size": len(tokenizer), "max_position_embeddings": 16}
    vision = {**SIZE, "image_size": 32, "patch_size": 8}
    config = OwlViTConfig(text_config=text, vision_config=vision, projection_dim=16)
    OwlViTForObjectDetection(config).eval().save_pretrained(folder)
    side = {"height": 32, "width": 32}
    processor = OwlViTImageProcessor(size=side, crop_size=side)
    OwlViTProcessor(processor, tokenizer).save_pretrained(folder)
    return str(folder)


def test_boxes_are_those_of_the_processor_of_transformers(tiny_owlvit):
    batch, phrases = batch_of({"images": PICTURES}), ["a dog", "the big field"]
    pictures = [batch.pictures.picture(name) for name in PICTURES]
    settings = operator.Measuring(hf_owlvit=tiny_owlvit)
    model, processor = operator.load_detector(tiny_owlvit, False)
    inputs = processor(
        text=[phrases] * 3, images=pictures, return_tensors="pt", padding=True, truncation=True
    )
    with torch.no_grad():
        outputs = model(**inputs)
    sizes = torch.tensor([picture.size[::-1] for picture in pictures])
    theirs = processor.post_process_grounded_object_detection(
        outputs, threshold=0.0, target_sizes=sizes
    )
    ours = operator.detect(settings, pictures, [phrases] * 3)
    for (scores, labels, boxes), expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(scores, expected["scores"], atol=1e-6)
        assert labels.tolist() == expected["labels"].tolist()
        np.testing.assert_allclose(boxes, expected["boxes"], atol=1e-3)


def test_boxes_do_not_depend_on_what_else_is_in_the_batch(tiny_owlvit):
    batch, settings = batch_of({"images": PICTURES}), operator.Measuring(hf_owlvit=tiny_owlvit)
    pictures = [batch.pictures.picture(name) for name in PICTURES]
    phrases = [["a dog"], ["the big field", "a cat", "trees"], ["a dog", "a cat"]]
    together = operator.detect(settings, pictures, phrases)
    for picture, own_phrases, found in zip(pictures, phrases, together, strict=True):
        [alone] = operator.detect(settings, [picture], [own_phrases])
        for ours, theirs in zip(found, alone, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_phrases_are_grounded_chunk_by_chunk(tiny_owlvit):
    pytest.importorskip("spacy")
    text = "<__dj__image> running fast <|__dj__eoc|> <__dj__image> a red dog and a tree"
    samples = [{"text": text, "images": PICTURES[:2]}, {"text": "no picture", "images": []}]
    by_mode = {}
    for mode in ("avg", "max", "min"):
        values, flags = measured(
            "phrase_grounding_recall_filter",
            batch_of(*samples),
            hf_owlvit=tiny_owlvit,
            reduce_mode=mode,
            large_area_ratio_thr=10.0,
        )
        by_mode[mode] = values["phrase_grounding_recall"]
        assert flags == [True, True]
    assert by_mode["avg"] == by_mode["max"] == by_mode["min"]
    without_phrases, with_phrases = by_mode["avg"][0]
    assert without_phrases == 1.0
    assert with_phrases in (0.5, 1.0)
    assert by_mode["avg"][1] == []
    values, flags = measured(
        "phrase_grounding_recall_filter",
        batch_of(*samples),
        hf_owlvit=tiny_owlvit,
        conf_thr=1.0,
        any_or_all="all",
    )
    assert values["phrase_grounding_recall"] == [[1.0, 0.0], []]
    assert flags == [False, True]


def test_a_box_is_a_hit_once_not_over_the_whole_picture_and_not_over_another():
    boxes = [
        (0, (0, 0, 100, 100)),
        (0, (0, 0, 50, 50)),
        (0, (60, 60, 90, 90)),
        (1, (0, 0, 50, 49)),
        (2, (60, 60, 80, 80)),
    ]
    expected = {0: (0, 0, 50, 50), 2: (60, 60, 80, 80)}
    assert operator.hits(boxes, 10_000, operator.Measuring()) == expected


def test_the_overlap_of_two_boxes():
    assert operator.overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert operator.overlap((0, 0, 1, 1), (2, 2, 3, 3)) == 0.0
    assert operator.overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0.0


def test_data_juicers_picture_offset_stands_still_at_a_chunk_without_phrases():
    pytest.importorskip("spacy")
    chunks = [("running fast", ["first"]), ("a red dog", ["second"])]
    assert operator._with_compat(chunks, operator.Measuring()) == chunks
    theirs = operator._with_compat(chunks, operator.Measuring(compat="data_juicer"))
    assert theirs[1] == ("a red dog", ["first"])


def test_more_image_tokens_than_pictures_set_a_sample_aside():
    samples = [{"text": "no picture"}, {"text": "<__dj__image><|__dj__eoc|><__dj__image> b"}]
    samples[1]["images"] = PICTURES[:1]
    found = measured_good("phrase_grounding_recall_filter", batch_of(*samples))
    assert found.values == {"phrase_grounding_recall": [[]]}
    assert found.bad == {1: "more image tokens than pictures"}
