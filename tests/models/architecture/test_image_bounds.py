from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from support.default_settings import default_settings
from support.mgm_reference import PREPROCESS
from support.small_training import picture, run, small_project
from support.tiny_mini_gemini import tiny, uneven_batch
from transformers import AutoTokenizer

from bettersynth.errors import UserError
from bettersynth.models.answering.answerer import Answerer
from bettersynth.models.answering.caption_loss import load_trained
from bettersynth.models.architecture.checkpoint import load_stage_one, save_stage_one
from bettersynth.models.architecture.encoding import PieceTokens, encode
from bettersynth.models.architecture.image_bounds import (
    BOUND_ROWS,
    BOUNDS,
    add_bound_tokens,
    add_image_bounds,
    bound_rows,
    load_bound_rows,
    shows_bounds,
    train_bounds_alone,
    trains_bounds_alone,
)
from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.optimizer import build_optimizer
from bettersynth.models.training.parameter_groups import parameter_groups


class Words:
    """A tokenizer of numbered words."""

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def __len__(self) -> int:
        return len(self.words)

    def add_tokens(self, tokens, special_tokens=False):
        self.words += [token for token in tokens if token not in self.words]

    def convert_tokens_to_ids(self, tokens):
        return [self.words.index(token) for token in tokens]


def numbered(count: int) -> Words:
    return Words([f"word {k}" for k in range(count)])


def tables(model):
    decoder = model.language_model
    return decoder.get_input_embeddings().weight, decoder.get_output_embeddings().weight


def test_a_picture_stands_between_its_two_tokens_and_nothing_else_changes():
    tokenizer = AutoTokenizer.from_pretrained(PREPROCESS / "tok_gemma")
    turns = [
        {"from": "human", "value": "What is it?\n<image>"},
        {"from": "gpt", "value": "a red car"},
    ]
    alone = encode(turns, tokenizer, "gemma", has_image=True)
    add_bound_tokens(tokenizer)
    pieces = PieceTokens(tokenizer, image_bounds=True)
    encoded = encode(turns, tokenizer, "gemma", has_image=True, pieces=pieces)
    start, end = tokenizer.convert_tokens_to_ids(list(BOUNDS))
    expected = alone.input_ids.tolist()
    place = expected.index(-200)
    expected[place : place + 1] = [start, -200, end]
    assert encoded.input_ids.tolist() == expected
    # neither is supervised, and the answer still is
    assert encoded.labels.tolist() == [-100, -100, *alone.labels.tolist()]
    # text without a picture is as it was
    asked = [{"from": "human", "value": "hi"}, turns[1]]
    text = encode(asked, tokenizer, "gemma", has_image=False, pieces=pieces)
    assert start not in text.input_ids


@pytest.mark.parametrize("kind", ["mgm", "mgm_gemma"])
def test_both_are_new_last_rows_that_start_as_the_mean_of_the_others(kind):
    model = tiny(kind)
    words, head = (table.detach().clone() for table in tables(model))
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    # two of the 60 rows have no word: they go, as in the reference
    add_image_bounds(model, numbered(58), "here")
    assert torch.equal(torch.rand(1), expected)
    for before, after in zip((words, head), tables(model), strict=True):
        assert torch.equal(after[:58], before[:58])
        mean = before[:58].mean(dim=0)
        torch.testing.assert_close(after[58:], torch.stack([mean, mean]))
    assert model.config.vocab_size == 60
    assert model.architecture.to_dict()["mm_use_im_start_end"] is True
    assert model.architecture.to_dict()["vocab_size"] == 60
    assert torch.isfinite(model(**uneven_batch()).loss)


def test_tokens_that_a_folder_has_already_keep_their_rows():
    model = tiny("mgm")
    words = tables(model)[0].detach().clone()
    add_image_bounds(model, Words([*numbered(58).words, *BOUNDS]), "here")
    assert torch.equal(tables(model)[0], words)
    assert torch.equal(bound_rows(model), words[58:])
    with pytest.raises(UserError, match="the tokenizer of here has <im_start> or <im_end> among"):
        add_image_bounds(model, Words([BOUNDS[0], *numbered(50).words]), "here")


def test_stage_one_trains_those_two_rows_of_the_input_and_no_other_word():
    model = tiny("mgm")
    add_image_bounds(model, numbered(58), "here")
    names = freeze(model, tune_mm_mlp_adapter=True)
    assert "language_model.model.embed_tokens.weight" in names
    assert "language_model.lm_head.weight" not in names
    assert trains_bounds_alone(model)
    before = [table.detach().clone() for table in tables(model)]
    optimizer = build_optimizer("adamw", parameter_groups(model, 0.1, weight_decay=0.5))
    batch = uneven_batch()
    for _ in range(2):
        model(**batch).loss.backward()
        optimizer.step()
    words, head = tables(model)
    assert torch.equal(words[:58], before[0][:58])
    assert (words[58:] - before[0][58:]).abs().max() > 0.01
    assert torch.equal(head, before[1])


def test_one_table_for_words_and_head_stays_frozen_in_stage_one_and_is_trained_in_stage_two():
    model = tiny("mgm_gemma")
    add_image_bounds(model, numbered(58), "here")
    train_bounds_alone(model.requires_grad_(False))
    assert not trains_bounds_alone(model)
    names = freeze(model, tune_mm_mlp_adapter=True)
    assert {name.split(".")[0] for name in names} == {"mm_projector", "mining"}
    assert "language_model.model.embed_tokens.weight" in freeze(model)
    assert not trains_bounds_alone(model)


def test_a_stage_one_file_carries_the_two_rows(tmp_path):
    first, second, without = tiny("mgm"), tiny("mgm"), tiny("mgm")
    for model in (first, second):
        add_image_bounds(model, numbered(58), "here")
    bound_rows(first).copy_(torch.randn(2, 32))
    path = tmp_path / "projector.safetensors"
    save_stage_one(first, path)
    assert load_file(path)[BOUND_ROWS].shape == (2, 32)
    load_stage_one(second, path)
    assert torch.equal(bound_rows(second), bound_rows(first))
    assert not torch.equal(bound_rows(second)[0], bound_rows(second)[1])
    # upstream's file holds the whole table
    load_bound_rows(second, torch.arange(60.0)[:, None].expand(60, 32), "there")
    assert bound_rows(second)[:, 0].tolist() == [58, 59]
    with pytest.raises(UserError, match=r"was trained with <im_start> and <im_end> around"):
        load_stage_one(without, path)
    save_stage_one(without, path)
    assert BOUND_ROWS not in load_file(path)
    with pytest.raises(UserError, match=r"was trained without <im_start> and <im_end> around"):
        load_stage_one(second, path)
    with pytest.raises(UserError, match=r"has shape \[2, 31\], this model needs \[2, 32\]"):
        load_bound_rows(second, torch.zeros(2, 31), "there")


def test_both_stages_train_with_them_and_answers_are_asked_with_them(tmp_path, monkeypatch):
    project = small_project(tmp_path, model={"mm_use_im_start_end": True}, pretrain={"visits": 16})
    run(monkeypatch, project, "pretrain", "0")
    run(monkeypatch, project, "finetune", "0")
    monkeypatch.chdir(project)
    # stage 1 changes nothing of Gemma's one table: the mean of what the decoder had
    stage_one = load_file("models/pretrain/0/projector.safetensors")[BOUND_ROWS]
    decoder = load_file("models/decoder/model.safetensors")["model.embed_tokens.weight"]
    words = len(AutoTokenizer.from_pretrained(PREPROCESS / "tok_gemma"))
    torch.testing.assert_close(stage_one[1], decoder[:words].mean(dim=0))
    # what stage 1 left can be asked by itself
    alone, tokenizer = load_trained(Path("models/pretrain/0"), "models/decoder", "float32")
    assert len(tokenizer) == alone.config.vocab_size == words + 2
    torch.testing.assert_close(bound_rows(alone), stage_one)
    # stage 2 trained both, and the folder says all that an answerer needs
    answerer = Answerer(Path("models/finetune/0"), default_settings("predict", batch_size=4))
    assert (bound_rows(answerer.model) - stage_one).abs().max(dim=1).values.min() > 1e-4
    start, end = answerer.tokenizer.convert_tokens_to_ids(list(BOUNDS))
    assert (start, end) == (words, words + 1)
    ids = list(answerer.prompt("What is it?", 0).ids)
    place = ids.index(-200)
    assert ids[place - 1 : place + 2] == [start, -200, end]
    assert start not in answerer.prompt("What is it?", None).ids
    answerer.see([picture(0)])
    assert len(answerer.answers([answerer.prompt("What is it?", 0)], 3, "")) == 1


def test_bare_captions_have_a_picture_alone():
    model = tiny("mgm")
    assert not shows_bounds(model.architecture, "gemma")
    add_image_bounds(model, numbered(58), "here")
    assert shows_bounds(model.architecture, "gemma")
    assert not shows_bounds(model.architecture, "plain")
