"""A model that workers ask gives the bytes of one process, whoever works or dies."""

from __future__ import annotations

import os
import signal

import pytest
import torch
from support.default_settings import default_settings
from support.small_training import picture, run, small_project

from bettersynth.errors import UserError
from bettersynth.measuring import launched_answers as module
from bettersynth.measuring.launched_answers import launched_model, worthwhile
from bettersynth.measuring.launching import HERE, Launch
from bettersynth.models.answering.answer_tokens import Answer
from bettersynth.models.answering.answerer import Answerer, trained_folder
from bettersynth.models.answering.packed_model import PackedModel

QUESTIONS = ["What is it?", "What word is on the red sign?", "Where?", "Is it a dog or a house?"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("launched"))
    with pytest.MonkeyPatch.context() as patch:
        run(patch, folder, "pretrain", "0")
        run(patch, folder, "finetune", "0")
    return folder


@pytest.fixture
def settings(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setattr(module, "BATCHES_A_WORKER", 1)
    # processes are forked: one thread is what allows it
    torch.set_num_threads(1)
    return default_settings("predict", batch_size=2)


def asked(settings, launch):
    """Everything that is asked of a model, and the image tokens that it sees."""
    with launched_model(trained_folder(0), settings, launch) as open_model:
        answerer = Answerer(trained_folder(0), settings, open_model=open_model)
        answerer.see([picture(k) for k in (3, 1, 4, 0, 2)])
        prompts = [answerer.prompt(text, place) for place, text in enumerate(QUESTIONS)]
        prompts.append(answerer.prompt("Without a picture?", None))
        answers = answerer.answers(prompts, 3, "answers")
        options = [Answer(text, place, "red car") for place, text in enumerate(QUESTIONS)]
        blind = [Answer(text, None, "dog") for text in QUESTIONS]
        likelihoods = answerer.likelihoods(options, "options"), answerer.likelihoods(blind, "prior")
        return answerer.pictures, answers, likelihoods, answerer.tokens


def assert_same(given, expected):
    assert torch.equal(given[0], expected[0])
    assert given[1:] == expected[1:]


def test_any_number_of_workers_gives_the_same_bytes(settings):
    alone = asked(settings, HERE)
    for count in (2, 3):
        assert_same(asked(settings, Launch(workers=count)), alone)


def test_a_worker_that_dies_once_costs_its_batch(settings, monkeypatch, tmp_path):
    alone = asked(settings, HERE)
    whole = PackedModel.continuations

    def die_once(model, *given):
        mark = tmp_path / "died"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(model, *given)

    monkeypatch.setattr(PackedModel, "continuations", die_once)
    assert_same(asked(settings, Launch(workers=2)), alone)
    assert (tmp_path / "died").exists()


def test_a_question_that_ends_each_worker_ends_the_work(settings, monkeypatch):
    whole = PackedModel.continuations

    with launched_model(trained_folder(0), settings, Launch(workers=2)) as open_model:
        answerer = Answerer(trained_folder(0), settings, open_model=open_model)
        prompts = [answerer.prompt(text, None) for text in ("a", "a " * 20, "a", "a")]
        short, long, *_ = [len(prompt.ids) for prompt in prompts]

        def die_of_the_long_one(model, prompts, *given):
            if any(len(prompt.ids) == long for prompt in prompts):
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(model, prompts, *given)

        monkeypatch.setattr(PackedModel, "continuations", die_of_the_long_one)
        assert short < long
        answerer.see([picture(0)] * 4)
        with pytest.raises(UserError, match=r"answers: number 1 of 4 \(from 0\): the process"):
            answerer.answers(prompts, 2, "answers")


def test_a_users_mistake_is_told_with_the_pictures_number(settings):
    with launched_model(trained_folder(0), settings, Launch(workers=2)) as open_model:
        answerer = Answerer(trained_folder(0), settings, open_model=open_model)
        with pytest.raises(UserError, match="has no features of image"):
            answerer.see([picture(0), picture(1), picture(2), b"never seen"])


def test_as_many_work_as_have_enough_to_do(monkeypatch):
    assert worthwhile(Launch(workers=4), 11).workers == 2
    assert worthwhile(Launch(workers=4), 1).is_here
    assert worthwhile(Launch("ray", None), 20).workers == 20
    assert worthwhile(Launch("ray", 3), 20).workers == 3
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0", "1"])
    assert worthwhile(Launch(workers=64), 20).workers == 6
    assert worthwhile(Launch(workers=4), 20).workers == 4
