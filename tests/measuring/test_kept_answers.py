"""Answers that are kept: the model's own, asked for once, in the batches it would form itself."""

from __future__ import annotations

import pytest
import torch

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.measuring import kept_answers as module
from bettersynth.measuring.kept_answers import KeptModel, file_keys, towers_of
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.models.answering.generation import Prompt, batches_by_length

SIZE = 3
PICTURES = [b"red", b"green", b"blue"]


class Companion:
    """A model whose answers tell which company each prompt was asked in: its whole batch."""

    def __init__(self):
        self.opened = 0
        self.batches: list[list[tuple]] = []

    def open(self, pictures):
        assert pictures == len(PICTURES)
        self.opened += 1
        return self

    def see(self, pictures):
        return torch.tensor([[float(len(content))] for content in pictures])

    def _in_batches(self, items, lengths):
        answers = {}
        for batch in batches_by_length(lengths, SIZE):
            company = [items[place] for place in batch]
            self.batches.append(company)
            for place in batch:
                answers[place] = company.index(items[place]), company
        return [answers[place] for place in range(len(items))]

    def continuations(self, prompts, pictures, max_new_tokens, stop_tokens, progress):
        items = [(tuple(prompt.ids), prompt.picture) for prompt in prompts]
        told = self._in_batches(items, [len(prompt.ids) for prompt in prompts])
        seen = int(pictures.sum())
        return [[place, max_new_tokens, seen, len(company)] for place, company in told]

    def log_probabilities(self, prompts, answers, pictures, progress):
        items = [
            (tuple(prompt.ids), tuple(answer))
            for prompt, answer in zip(prompts, answers, strict=True)
        ]
        told = self._in_batches(items, [len(ids) + len(answer) for ids, answer in items])
        return [-0.1 * place - 1 / (3 * len(company)) for place, company in told]


@pytest.fixture
def column(tmp_path):
    opened = ScoreColumn(ColumnIdentity("predict"), tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def model():
    return Companion()


def kept(column, model):
    answering = KeptModel(column, SIZE, file_keys, model.open)
    assert answering.see(PICTURES).shape == (0,)
    return answering


def prompts(number):
    """Prompts of unlike lengths, in no order of length."""
    return [Prompt([7] * (1 + 5 * place % 11) + [place], place % 3) for place in range(number)]


def continued(answering, asked, tokens=4):
    return answering.continuations(asked, None, tokens, {1}, "answers")


def test_answers_are_the_models_own_and_a_second_time_nobody_is_asked(column, model):
    asked = prompts(8)
    own = model.continuations(asked, model.see(PICTURES), 4, {1}, "")
    likely = model.log_probabilities(asked, [[5]] * 8, model.see(PICTURES), "")
    first = kept(column, model)
    assert continued(first, asked) == own
    assert first.log_probabilities(asked, [[5]] * 8, None, "") == likely
    assert (first.wanted, first.made, model.opened) == (16, 16, 1)
    again = kept(column, model)
    assert continued(again, asked) == own
    assert again.log_probabilities(asked, [[5]] * 8, None, "") == likely
    assert (again.wanted, again.made, model.opened) == (16, 0, 1)


def test_a_run_that_was_killed_goes_on_in_the_batches_of_the_whole(column, model, monkeypatch):
    monkeypatch.setattr(module, "BATCHES", 1)
    asked = prompts(8)
    own = model.continuations(asked, model.see(PICTURES), 4, {1}, "")
    batches = [batch[:] for batch in model.batches]
    model.batches.clear()
    whole = model.continuations

    def end_after_one(*given):
        if model.batches:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(model, "continuations", end_after_one)
    with pytest.raises(KeyboardInterrupt):
        continued(kept(column, model), asked)
    monkeypatch.setattr(model, "continuations", whole)
    going_on = kept(column, model)
    assert continued(going_on, asked) == own
    assert going_on.made == 5
    assert model.batches == batches


def test_a_new_question_has_its_whole_batch_asked_and_what_was_known_stays(column, model):
    asked = prompts(8)
    known = continued(kept(column, model), asked)
    model.batches.clear()
    # longer than all: every batch of like length moves by one
    more = kept(column, model)
    answers = continued(more, [*asked, Prompt([9] * 30, 0)])
    assert answers[:8] == known
    # of nine in batches of three the first alone holds what is new
    assert len(model.batches) == 1 and more.made == 3


def test_another_prompt_picture_length_or_stop_is_another_question(column, model):
    first = kept(column, model)
    continued(first, [Prompt([1, 2], 0)])
    others = kept(column, model)
    continued(others, [Prompt([1, 2], 1)])
    continued(others, [Prompt([1, 2], None)])
    continued(others, [Prompt([12], 0)])
    continued(others, [Prompt([1, 2], 0)], tokens=5)
    others.continuations([Prompt([1, 2], 0)], None, 4, {1, 2}, "")
    others.log_probabilities([Prompt([1], 0)], [[2]], None, "")
    others.log_probabilities([Prompt([1, 2], 0)], [[]], None, "")
    assert others.made == others.wanted == 7
    # the same picture at another place among others
    moved = KeptModel(column, SIZE, file_keys, model.open)
    moved.see(PICTURES[::-1])
    continued(moved, [Prompt([1, 2], 2)])
    assert (moved.wanted, moved.made) == (1, 0)


def test_pictures_are_known_by_what_the_model_reads_of_them(tmp_path):
    assert file_keys([b"a"]) == [sha256_of_bytes(b"a")]
    (tmp_path / "config.json").write_text('{"mm_vision_tower": "clip", "x": 1}')
    assert towers_of(tmp_path) == ["clip"]
    (tmp_path / "config.json").write_text('{"mm_vision_tower": null}')
    assert towers_of(tmp_path) == []
