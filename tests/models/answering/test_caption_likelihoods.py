"""Captions of a group beside each of its pictures, asked of a model after stage 1 alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.default_settings import default_settings
from support.small_training import picture, run, small_project

from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.data.samples.held_out_pairs import HeldOutPair
from bettersynth.models.answering.answer_tokens import Answer
from bettersynth.models.answering.answerer import Answerer
from bettersynth.models.answering.caption_likelihoods import caption_likelihoods
from bettersynth.models.answering.caption_loss import load_trained

GROUPS = [
    [HeldOutPair("a", "red car", "0.png"), HeldOutPair("b", "dog", "1.png")],
    [HeldOutPair("c", "blue house", "2.png"), HeldOutPair("d", "red dog grass", "3.png")],
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("stage_one"))
    with pytest.MonkeyPatch.context() as patch:
        run(patch, folder, "pretrain", "0")
    write_images(folder / "data/pool/images", [(f"{k}.png", picture(k)) for k in range(4)])
    return folder


def test_each_caption_is_asked_beside_each_picture_of_its_group(project, monkeypatch):
    monkeypatch.chdir(project)
    parts = default_settings("model", language_model="models/decoder")
    settings = default_settings("predict", batch_size=3)
    folder = Path("models/pretrain/0")
    trained = load_trained(folder, parts.language_model, settings.precision)
    answerer = Answerer(folder, settings, trained)
    likelihoods = caption_likelihoods(answerer, GROUPS)
    assert likelihoods.log_probabilities.shape == (2, 2, 2)
    assert likelihoods.tokens.shape == (2, 2)
    answerer.see([picture(2), picture(3)])
    asked = Answer(DESCRIBE_QUESTIONS[0], 1, "blue house")
    (alone,) = answerer.likelihoods([asked], "")
    # the second group's first caption beside its second picture, batched with others or alone
    assert likelihoods.log_probabilities[1, 0, 1] == pytest.approx(alone.log_probability, abs=1e-4)
    assert likelihoods.tokens[1, 0] == alone.tokens
    own, other = likelihoods.log_probabilities[1, 0]
    assert own != other
    assert np.isfinite(likelihoods.log_probabilities).all()
