"""The loss of a response after its query, by nano's decoder."""

from __future__ import annotations

import pytest
import torch
from support.response_losses import MODEL

from bettersynth.errors import UserError
from bettersynth.measuring.models.causal_loss import load_causal_loss


def test_the_loss_is_that_of_the_responses_tokens_alone():
    model = load_causal_loss(MODEL)
    ids = torch.tensor([model.tokenizer("a red car")["input_ids"]])
    labels = ids.clone()
    # the start token and the query
    labels[0, :2] = -100
    expected = model.model(input_ids=ids, labels=labels).loss
    assert model.of_response("a", "red car") == pytest.approx(float(expected), rel=1e-5)


def test_a_long_text_is_cut_at_its_start():
    model = load_causal_loss(MODEL)
    long = model.of_response("dog " * 5000, "red car")
    assert long == model.of_response("dog " * 6000, "red car")


def test_a_response_without_tokens_has_no_loss():
    with pytest.raises(ValueError, match="no token to predict"):
        load_causal_loss(MODEL).of_response("a red", " ")


def test_a_folder_without_a_model_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="cannot load the language model"):
        load_causal_loss(str(tmp_path))
