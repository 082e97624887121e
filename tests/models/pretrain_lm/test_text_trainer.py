from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bettersynth.models.pretrain_lm.text_trainer import read_log, right_tokens, token_accuracy


def test_token_accuracy_counts_the_most_likely_next_token():
    logits = torch.zeros(1, 4, 9)
    for place, token in enumerate((3, 4, 8, 0)):
        logits[0, place, token] = 1.0
    assert right_tokens(logits, torch.tensor([[2, 3, 4, 5]])).tolist() == [2]


def test_token_accuracy_is_the_share_over_all_blocks():
    measured = SimpleNamespace(predictions=np.array([3, 1]), label_ids=np.zeros((2, 5)))
    assert token_accuracy(measured) == {"token_accuracy": 0.5}


def test_the_log_has_one_record_a_step_and_no_measurement_of_a_resumed_start():
    history = [
        {"step": 4, "eval_loss": 9.0, "eval_token_accuracy": 0.0},  # measured where it began again
        {"step": 5, "loss": 2.0, "learning_rate": 0.1},
        {"step": 6, "loss": 1.5, "learning_rate": 0.1},
        {"step": 6, "eval_loss": 1000.0, "eval_token_accuracy": 0.5},
        {"step": 7, "eval_loss": 0.0, "eval_token_accuracy": 1.0},
    ]
    log = read_log(history, eval_steps=6)
    assert [record["step"] for record in log] == [5, 6, 7]
    assert log[1]["perplexity"] == pytest.approx(math.exp(700))
    assert log[2] == {"step": 7, "held_out_loss": 0.0, "perplexity": 1.0, "token_accuracy": 1.0}
