from __future__ import annotations

import pytest
import torch
from support.default_settings import default_settings
from support.small_training import picture, run, small_project

from bettersynth.errors import UserError
from bettersynth.models.answering.answer_tokens import Answer, split_answer
from bettersynth.models.answering.answerer import Answerer, trained_folder


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("answerer"))
    with pytest.MonkeyPatch.context() as patch:
        run(patch, folder, "pretrain", "0")
        run(patch, folder, "finetune", "0")
    return folder


@pytest.fixture
def answerer(project, monkeypatch):
    monkeypatch.chdir(project)
    return Answerer(trained_folder(0), default_settings("predict", batch_size=2))


def test_pictures_become_image_tokens_in_batches(answerer):
    answerer.see([picture(k) for k in (3, 1, 4)])
    assert answerer.pictures.shape == (3, 4, 16)
    together = answerer.pictures
    answerer.see([picture(1)])
    torch.testing.assert_close(answerer.pictures[0], together[1])


def test_a_picture_without_features_is_one_clear_error(answerer):
    with pytest.raises(UserError, match="has no features of image"):
        answerer.see([b"never seen"])


def test_answers_count_what_was_read_and_written(answerer):
    answerer.see([picture(0)])
    prompt = answerer.prompt("What is it?", 0)
    answers = answerer.answers([prompt], 2, "")
    assert len(answers) == 1
    assert len(prompt.ids) <= answerer.tokens <= len(prompt.ids) + 2
    assert prompt.ids.count(-200) == 1


def test_a_question_without_a_picture_has_no_place_for_one(answerer):
    assert -200 not in answerer.prompt("What is it?", None).ids


def test_likelihoods_count_the_end_of_the_turn_as_a_token(answerer):
    answerer.see([picture(0)])
    short, long = answerer.likelihoods(
        [Answer("What is it?", 0, "red"), Answer("What is it?", 0, "red car")], ""
    )
    assert short.tokens < long.tokens
    assert short.log_probability < 0
    end = answerer.tokenizer.convert_tokens_to_ids("<end_of_turn>")
    _, ids = split_answer(Answer("What is it?", 0, "red"), "gemma", answerer.pieces)
    assert ids[-1] == end
    assert end in answerer.stop_tokens


def test_v0_answers_end_where_the_next_turn_begins(project, monkeypatch):
    monkeypatch.chdir(project)
    settings = default_settings("predict", template="v0")
    answerer = Answerer(trained_folder(0), settings)
    # this tokenizer has no `#`; three of them are no token of their own in real ones either
    answerer.tokenizer.add_tokens(["#"])
    ids = answerer.tokenizer(" a dog\n### Human: and?").input_ids
    assert answerer._answer(ids) == "a dog"
    assert answerer.stop_tokens == {answerer.tokenizer.eos_token_id}


def test_a_folder_without_a_model_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="holds no trained model; run `snakemake"):
        Answerer(tmp_path, default_settings("predict"))
