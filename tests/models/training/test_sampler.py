from __future__ import annotations

import json

import pytest
import torch
from support.mgm_reference import PREPROCESS

from bettersynth.errors import UserError
from bettersynth.models.training.sampler import (
    TrainingSampler,
    even_chunks,
    length_order,
    modality_length_order,
    modality_lengths,
    sorted_batches_order,
)

REFERENCE = json.loads((PREPROCESS / "sampler.json").read_text())


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: f"seed{case['seed']}")
def test_orders_equal_the_reference(case):
    lengths, positive = REFERENCE["lengths"], [abs(length) for length in REFERENCE["lengths"]]
    for name, order, values in (
        ("modality", modality_length_order, lengths),
        ("plain", length_order, positive),
        ("modality_single", modality_length_order, positive),
    ):
        torch.manual_seed(case["seed"])
        assert order(values, case["batch_size"], case["world_size"]) == case[name]


def test_chunks_have_equal_counts_and_near_equal_lengths():
    assert even_chunks([0, 1, 2, 3], [10, 7, 4, 1], 2) == [[0, 3], [1, 2]]
    assert even_chunks([0, 1, 2], [3, 2, 1], 2) == [[0, 2], [1]]


@pytest.mark.parametrize("grouping", ["random", "length", "modality_length", "sorted_batches"])
def test_every_row_comes_once_an_epoch_and_the_order_depends_on_seed_and_epoch_alone(grouping):
    lengths = [(k % 13 + 1) * (-1 if k % 5 == 0 else 1) for k in range(101)]
    sampler = TrainingSampler(lengths, grouping, 4, seed=3)
    first = list(sampler)
    torch.manual_seed(99)
    assert first == list(TrainingSampler(lengths, grouping, 4, seed=3))
    assert sorted(first) == list(range(101))
    sampler.set_epoch(1)
    assert list(sampler) != first
    assert list(TrainingSampler(lengths, grouping, 4, seed=4)) != first


def test_sorted_batches_pad_least():
    lengths = torch.randint(5, 60, (1024,), generator=torch.Generator().manual_seed(0)).tolist()

    def padded(order: list[int]) -> int:
        return sum(max(lengths[i] for i in order[k : k + 8]) * 8 for k in range(0, 1024, 8))

    ordered = sorted_batches_order(lengths, 8, torch.Generator().manual_seed(0))
    assert padded(ordered) < 0.75 * padded(list(range(1024)))
    assert padded(ordered) < 1.15 * sum(lengths)


def test_lengths_are_words_and_negative_without_a_picture():
    rows = [
        {"image": "a.png", "conversations": [{"value": "one two"}, {"value": "three"}]},
        {"conversations": [{"value": "one"}]},
    ]
    assert modality_lengths(rows) == [3, -1]


def test_a_length_of_zero_is_refused():
    with pytest.raises(UserError, match="sample 1 has no words"):
        modality_length_order([3, 0], 1, 1)
