"""CLIP without transformers: the same tokenizer and the same configuration as its classes read from
a folder.
"""

import json
import random
import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer, CLIPConfig

from bettersynth.measuring.models.clip_model import TEXT, VISION, _tower
from bettersynth.measuring.models.clip_tokenizer import ClipTokenizer, read_clip_folder

CLIP = Path(__file__).parents[2] / "fixtures/operators/clip_tiny"
SETTINGS = json.loads((CLIP / "tokenizer_config.json").read_text())
ADDED = SETTINGS["added_tokens_decoder"]
TEXTS = [
    "",
    "a photo of a dog",
    "A  Dog's\n\tred ball, isn't it? 1234 we'll",
    "<|endoftext|> inside <|STARTOFTEXT|>",
    "Ünïcödé caf\u00e9 cafe\u0301 \u1e9e \u0130 日本語 🐕‍🦺",
    "word " * 90,
    "\u00a0\u2028\u200b_%$ a_b",
]


def folder_with(folder, settings):
    for name in ("vocab.json", "merges.txt", "config.json"):
        shutil.copy(CLIP / name, folder / name)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def ids_of_transformers(folder, length=77):
    return AutoTokenizer.from_pretrained(folder)(TEXTS, truncation=True, max_length=length)[
        "input_ids"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"tokenizer_class": "CLIPTokenizerFast"},
        {"added_tokens_decoder": dict(reversed(ADDED.items()))},
    ],
)
def test_the_tokenizer_is_defined_as_transformers_defines_it(tmp_path, change):
    folder = folder_with(tmp_path, SETTINGS | change)
    ours, theirs = read_clip_folder(folder), AutoTokenizer.from_pretrained(folder).backend_tokenizer
    assert json.loads(ours.to_str()) == json.loads(theirs.to_str())
    assert ClipTokenizer(str(folder), 77)(TEXTS) == ids_of_transformers(folder)
    assert ClipTokenizer(str(folder), 5)(TEXTS) == ids_of_transformers(folder, 5)


def test_any_text_has_the_ids_of_transformers():
    draw = random.Random(0)
    signs = [
        chr(
            draw.choice(
                (
                    draw.randrange(32, 127),
                    draw.randrange(0xA0, 0x2FF),
                    draw.randrange(0x2000, 0x3100),
                )
            )
        )
        for _ in range(4000)
    ]
    texts = ["".join(draw.choices(signs + [" "] * 800, k=draw.randrange(40))) for _ in range(500)]
    theirs = AutoTokenizer.from_pretrained(CLIP)(texts, truncation=True, max_length=77)["input_ids"]
    assert ClipTokenizer(str(CLIP), 77)(texts) == theirs


@pytest.mark.parametrize(
    "settings",
    [
        {name: value for name, value in SETTINGS.items() if name != "added_tokens_decoder"},
        SETTINGS | {"truncation_side": "left"},
        SETTINGS | {"tokenizer_class": "GPT2Tokenizer"},
        SETTINGS | {"additional_special_tokens": ["<new>"]},
        SETTINGS | {"added_tokens_decoder": ADDED | {"514": {**ADDED["513"], "content": "<new>"}}},
    ],
)
def test_another_form_goes_through_transformers(tmp_path, settings):
    folder = folder_with(tmp_path, settings)
    assert read_clip_folder(folder) is None
    assert ClipTokenizer(str(folder), 77)(TEXTS) == ids_of_transformers(folder)


def test_a_folder_that_transformers_5_saved(tmp_path):
    AutoTokenizer.from_pretrained(CLIP).save_pretrained(tmp_path)
    shutil.copy(CLIP / "config.json", tmp_path)
    assert read_clip_folder(tmp_path) is None
    assert ClipTokenizer(str(tmp_path), 77)(TEXTS) == ids_of_transformers(tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {
            "text_config": {"hidden_act": "gelu", "num_attention_heads": 4},
            "vision_config": {"patch_size": 14},
        },
        {
            "text_config": {"eos_token_id": 2},
            "text_config_dict": {"hidden_size": 768, "num_attention_heads": 12},
        },
        {
            "vision_config": {"num_hidden_layers": 24, "patch_size": 16},
            "vision_config_dict": {"num_hidden_layers": 2},
        },
        {"text_config": None, "vision_config": None, "vision_config_dict": None},
    ],
)
def test_what_a_configuration_leaves_out_is_what_transformers_takes(config):
    theirs = CLIPConfig(**config)
    for kind, names in (("text", TEXT), ("vision", VISION)):
        ours, tower = _tower(config, kind, names), getattr(theirs, f"{kind}_config")
        assert {name: getattr(ours, name) for name in names} == {
            name: getattr(tower, name) for name in names
        }
