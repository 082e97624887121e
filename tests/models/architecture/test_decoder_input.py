from types import SimpleNamespace

import pytest
import torch

from bettersynth.models.architecture.decoder_input import (
    additive,
    block_mask,
    causal_mask,
    packed_input,
    plain_input,
)
from bettersynth.models.architecture.splicing import SplicePlan

SDPA = SimpleNamespace(_attn_implementation="sdpa", sliding_window=None)


def plan(mask: list[list[bool]]) -> SplicePlan:
    attention_mask = torch.tensor(mask)
    source = torch.arange(attention_mask.numel()).reshape(attention_mask.shape)
    return SplicePlan(source, source.clone(), attention_mask)


def test_a_position_sees_its_own_conversation_up_to_itself():
    visible = block_mask(torch.tensor([[0, 0, 1, -1]]))[0, 0]
    assert visible.tolist() == [
        [True, False, False, False],
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]


def test_a_window_hides_what_is_further_back():
    visible = block_mask(torch.zeros(1, 4, dtype=torch.int64), window=2)[0, 0]
    assert visible[3].tolist() == [False, False, True, True]


def test_causal_masks_hide_padding_and_the_future():
    visible = causal_mask(torch.tensor([[False, True, True]]))[0, 0]
    assert visible.tolist() == [
        [False, False, False],
        [False, True, False],
        [False, True, True],
    ]


def test_hidden_positions_get_the_lowest_number_of_the_type():
    mask = additive(torch.tensor([[[[True, False]]]]), torch.bfloat16)
    assert mask.flatten().tolist() == [0.0, torch.finfo(torch.bfloat16).min]


@pytest.mark.parametrize(
    ("attention", "mask", "dimensions"),
    [
        ("sdpa", [[True, True, False]], 2),
        ("sdpa", [[False, True, True]], 4),
        ("flash_attention_2", [[False, True, True]], 2),
    ],
)
def test_only_padding_on_the_left_needs_an_additive_mask(attention, mask, dimensions):
    config = SimpleNamespace(_attn_implementation=attention)
    assert plain_input(plan(mask), None, config, torch.float32).decoder_mask.ndim == dimensions


def test_packed_conversations_share_a_row_and_hide_from_each_other():
    batch = packed_input(
        plan([[True, True, True], [True, False, False], [True, True, False]]),
        padding=9,
        config=SDPA,
        dtype=torch.float32,
    )
    assert batch.source.tolist() == [[0, 1, 2], [6, 7, 3]]
    assert batch.position_ids.tolist() == [[0, 1, 2], [0, 1, 0]]
    assert batch.mask.all()
    assert batch.decoder_mask[1, 0, 2].tolist()[2] == 0
    assert all(value < -1e30 for value in batch.decoder_mask[1, 0, 2, :2].tolist())
