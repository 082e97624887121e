from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bettersynth.models.pretrain_lm.text_trainer import mean_measures, read_log, token_measures


def test_the_most_likely_next_tokens_and_their_likelihood_are_measured_where_learned():
    logits = torch.zeros(2, 4, 9)
    for place, token in enumerate((3, 4, 8, 0)):
        logits[:, place, token] = 1.0
    labels = torch.tensor([[2, 3, 4, 5], [2, -100, 4, -100]])
    right, likelihood = token_measures(logits, labels).T
    assert right.tolist() == [2, 1]
    # of nine tokens, one has the logit 1
    total = math.log(math.e + 8)
    assert likelihood.tolist() == pytest.approx([3 * total - 2, total - 1])


def test_loss_and_accuracy_are_means_over_all_learned_tokens():
    labels = np.array([[0, 1, 2, 3, 4], [0, -100, -100, -100, 4]])
    measured = SimpleNamespace(predictions=np.array([[3.0, 6.0], [1.0, 4.0]]), label_ids=labels)
    assert mean_measures(measured) == {"held_out_loss": 2.0, "token_accuracy": 0.8}


def test_the_log_has_one_record_a_step_and_no_measurement_of_a_resumed_start():
    history = [
        {
            "step": 4,
            "eval_held_out_loss": 9.0,
            "eval_token_accuracy": 0.0,
        },  # measured where it began again
        {"step": 5, "loss": 2.0, "learning_rate": 0.1},
        {"step": 6, "loss": 1.5, "learning_rate": 0.1},
        {"step": 6, "eval_held_out_loss": 1000.0, "eval_token_accuracy": 0.5},
        {"step": 7, "eval_held_out_loss": 0.0, "eval_token_accuracy": 1.0},
    ]
    log = read_log(history, eval_steps=6)
    assert [record["step"] for record in log] == [5, 6, 7]
    assert log[1]["perplexity"] == pytest.approx(math.exp(700))
    assert log[2] == {"step": 7, "held_out_loss": 0.0, "perplexity": 1.0, "token_accuracy": 1.0}
