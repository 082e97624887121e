from __future__ import annotations

import json

import pytest
import torch
from support.mgm_reference import PREPROCESS
from transformers import PreTrainedTokenizerFast

from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.samples.llava import pictures_of
from bettersynth.errors import UserError
from bettersynth.models.architecture.image_pipeline import ImagePipeline
from bettersynth.models.training.data import (
    Collator,
    TrainingRows,
    all_image_names,
    read_rows,
)
from bettersynth.models.training.image_sources import Pixels


@pytest.fixture(scope="module")
def tokenizer():
    return PreTrainedTokenizerFast.from_pretrained(PREPROCESS / "tok_gemma")


def test_batches_equal_the_references_collator(tokenizer):
    expected = json.loads((PREPROCESS / "collator.json").read_text())["gemma"]
    cases = {
        c["name"]: c
        for c in json.loads((PREPROCESS / "conversations.json").read_text())
        if (c["tokenizer"], c["template"]) == ("gemma",) * 2
    }
    rows = [
        {
            "id": name,
            "conversations": cases[name]["conversations"],
            **({"image": "x"} if cases[name]["has_image"] else {}),
        }
        for name in expected["names"]
    ]
    collate = Collator(None, expected["pad_token_id"], expected["model_max_length"])
    encoded = TrainingRows(rows, tokenizer, "gemma", "rows")
    batch = collate([encoded[k] for k in range(len(rows))])
    assert batch["input_ids"].tolist() == expected["input_ids"]
    assert batch["labels"].tolist() == expected["labels"]
    assert batch["attention_mask"].long().tolist() == expected["attention_mask"]
    assert batch["ids"] == expected["names"]


def test_pictures_of_the_references_dataset_reach_the_batch(tokenizer, tmp_path):
    rows = read_rows(PREPROCESS / "image_dataset.json")
    write_images(
        tmp_path / "images",
        [(name, (PREPROCESS / name).read_bytes()) for name in ("img_wide.png", "img_tall.png")],
    )
    source = Pixels(ImageStore(tmp_path / "images"), ImagePipeline(16, 64, aspect="pad"))
    encoded = TrainingRows(rows, tokenizer, "gemma", "rows")
    batch = Collator(source, 0, 64)([encoded[k] for k in range(3)])
    assert batch["images"].shape == (3, 3, 16, 16)
    assert batch["images_aux"].shape == (3, 3, 64, 64)
    assert batch["images"][2].abs().sum() == 0
    assert batch["images"][0].abs().sum() > 0


def test_the_cut_takes_the_pictures_of_lost_placeholders_away():
    items = [
        {
            "id": 0,
            "input_ids": torch.tensor([2, -200, 5, -200]),
            "labels": torch.zeros(4),
            "images": ["a", "b"],
        }
    ]
    asked = []
    Collator(lambda names: asked.extend(names) or {}, 0, 3)(items)
    assert asked == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "not valid JSON"),
        ("[]", "holds no entries"),
        ('[{"id": 1}]', "entry 1: conversations must be a list"),
    ],
)
def test_broken_training_files_are_one_clear_error(tmp_path, text, message):
    (tmp_path / "train.json").write_text(text)
    with pytest.raises(UserError, match=message):
        read_rows(tmp_path / "train.json")


def test_names_are_one_or_several_or_none_and_all_of_them_sorted():
    rows = [{"image": "b"}, {"image": ["c", "a"]}, {}]
    assert [pictures_of(row) for row in rows] == [["b"], ["c", "a"], []]
    assert all_image_names(rows) == ["a", "b", "c"]
