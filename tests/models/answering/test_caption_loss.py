"""A caption's loss: the one it is trained with, in the same bits in any company."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from support.small_training import WORDS, run, small_project

from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.models.answering.caption_loss import (
    CaptionLoss,
    load_trained,
)
from bettersynth.models.architecture.checkpoint import save_upstream
from bettersynth.models.architecture.encoding import encode
from bettersynth.models.weights.stage_one_file import stage_one_weights

FOLDER = Path("models/pretrain/0")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("losses"), pretrain={"visits": 16})
    with pytest.MonkeyPatch.context() as patch:
        run(patch, folder, "pretrain", "0")
    return folder


@pytest.fixture
def trained(project, monkeypatch):
    monkeypatch.chdir(project)
    return load_trained(FOLDER, "models/decoder", "float32")


@pytest.fixture
def features(project, monkeypatch):
    """Both features of every picture, float32."""
    monkeypatch.chdir(project)
    store = FeatureStore()
    rows = range(len(store))
    return (
        torch.from_numpy(store.low_res(rows)).float(),
        torch.from_numpy(store.high_res(rows)).float(),
    )


@pytest.fixture
def image_tokens(trained, features):
    """The image tokens of every picture."""
    with torch.inference_mode():
        return trained[0].image_tokens(*features)


@pytest.mark.parametrize("template", ["plain", "gemma"])
def test_the_loss_is_that_of_training(trained, features, image_tokens, template):
    model, tokenizer = trained
    question = "" if template == "plain" else "What is it?"
    asker = CaptionLoss(model, tokenizer, template, question, "square")
    turns = [
        {"from": "human", "value": f"<image>\n{question}"},
        {"from": "gpt", "value": "red car on grass"},
    ]
    encoded = encode(turns, tokenizer, template, has_image=True)
    labels = encoded.labels.clone()
    if template == "gemma":
        # trained on too: what stands behind the mark that ends an answer
        end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
        labels[int((encoded.input_ids == end).nonzero()[-1]) + 1 :] = -100
    with torch.inference_mode():
        low, high = (side[5][None] for side in features)
        output = model(encoded.input_ids[None], None, labels[None], low_res=low, high_res=high)
    losses = asker.losses(["red car on grass"], lambda positions: image_tokens[[5]])
    assert losses == pytest.approx([output.loss.item()], abs=1e-5)
    assert losses[0] > 0


def test_a_loss_is_the_same_bits_in_any_company(trained, image_tokens):
    asker = CaptionLoss(*trained, "gemma", "What is it?", "pad")
    random = np.random.default_rng(0)
    captions = []
    for _ in range(50):
        words = random.choice(WORDS, int(random.integers(1, 25)))
        captions.append(" ".join(words))
    pictures = random.integers(0, len(image_tokens), 50)

    def losses(order):
        def tokens(positions):
            return image_tokens[pictures[order[positions]]]

        chosen = [captions[place] for place in order]
        return asker.losses(chosen, tokens), asker.losses(chosen)

    together, blind_together = losses(np.arange(50))
    assert len(set(together)) == 50
    for order in (random.permutation(50), np.array([7]), np.arange(49, 30, -1)):
        seen, blind = losses(order)
        assert seen == [together[place] for place in order]
        assert blind == [blind_together[place] for place in order]


def test_a_whole_model_s_folder_gives_the_same_as_stage_1_and_its_decoder(
    trained, image_tokens, tmp_path
):
    model, tokenizer = trained
    save_upstream(model, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert stage_one_weights(tmp_path) is None
    whole = load_trained(tmp_path, "", "float32")

    def tokens(positions):
        return image_tokens[list(positions)]

    captions = ["red car", "blue house on grass"]
    losses = [
        CaptionLoss(*one, "plain", "", "pad").losses(captions, tokens) for one in (trained, whole)
    ]
    assert losses[0] == losses[1]


def test_a_folder_without_a_model_or_a_decoder_that_does_not_fit_is_one_line(project, tmp_path):
    with pytest.raises(UserError, match="holds no trained model: there is no config.json"):
        load_trained(tmp_path, "models/decoder", "float32")
    with pytest.raises(UserError, match="absent does not exist|absent"):
        load_trained(project / FOLDER, str(tmp_path / "absent"), "float32")
