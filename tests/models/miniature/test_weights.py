from __future__ import annotations

import torch

from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.miniature.weights import (
    seeded,
    write_clip,
    write_convnext,
    write_gemma,
    write_tokenizer,
)

TEXTS = ["a red circle", "a blue square\nand a cross"]


def test_the_tokenizer_has_gemmas_first_ids_and_brings_any_text_back(tmp_path):
    tokenizer = write_tokenizer(tmp_path, TEXTS)
    assert tokenizer.convert_tokens_to_ids(["<pad>", "<eos>", "<bos>", "<unk>"]) == [0, 1, 2, 3]
    ids = tokenizer("a red\ncafé").input_ids
    assert ids[0] == 2
    assert tokenizer.decode(ids[1:]) == "a red\ncafé"


def test_a_clip_text_ends_and_is_short(tmp_path):
    tokenizer = write_tokenizer(tmp_path, TEXTS, ending="<eos>")
    assert tokenizer("a").input_ids[-1] == 1
    assert tokenizer.model_max_length == 77


def test_the_decoder_lies_there_in_bfloat16(tmp_path):
    from transformers import GemmaForCausalLM

    write_gemma(tmp_path, TEXTS)
    model = GemmaForCausalLM.from_pretrained(tmp_path)
    assert model.dtype == torch.bfloat16
    assert model.config.num_hidden_layers == 2


def test_both_towers_load_from_what_is_written(tmp_path):
    write_clip(tmp_path / "clip", TEXTS, seed=3)
    write_convnext(tmp_path / "convnext")
    tower = VisionTower.from_folder(tmp_path / "clip")
    assert tower(torch.zeros(1, 3, 56, 56)).shape == (1, 16, 32)
    assert VisionTowerAux.from_folder(tmp_path / "convnext").widths == (8, 12, 16, 24)


def test_seeded_draws_leave_the_callers_generator_alone():
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    with seeded(7):
        first = torch.rand(1)
    assert torch.equal(torch.rand(1), expected)
    with seeded(7):
        assert torch.equal(torch.rand(1), first)
