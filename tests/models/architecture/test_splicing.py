from __future__ import annotations

import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.architecture.splicing import plan_splice

IDS = torch.tensor([[5, -200, 6, -200], [7, 8, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
LABELS = torch.tensor([[-100, -100, 6, -100], [7, 8, -100, -100]])


def test_each_placeholder_takes_the_next_block_and_a_text_row_uses_one_up():
    plan = plan_splice(IDS, MASK, LABELS, images=3, image_tokens=2)
    zero = 8 + 3 * 2
    assert plan.source.tolist() == [[0, 8, 9, 2, 10, 11], [4, 5, zero, zero, zero, zero]]
    assert plan.labels.tolist() == [
        [-100, -100, -100, 6, -100, -100],
        [7, 8, -100, -100, -100, -100],
    ]
    assert plan.attention_mask.sum(1).tolist() == [6, 2]


def test_padding_can_be_on_the_left():
    plan = plan_splice(IDS, MASK, LABELS, 3, 2, padding_side="left")
    assert plan.source[1].tolist() == [14, 14, 14, 14, 4, 5]
    assert plan.attention_mask[1].tolist() == [False] * 4 + [True] * 2


def test_a_row_is_cut_inside_an_image_if_need_be():
    plan = plan_splice(IDS, MASK, LABELS, 3, 2, max_length=2)
    assert plan.source.tolist() == [[0, 8], [4, 5]]


@pytest.mark.parametrize("images", [2, 4])
def test_another_number_of_images_than_places_is_one_clear_error(images):
    with pytest.raises(UserError, match=f"the batch has {images} images for 3 places"):
        plan_splice(IDS, MASK, LABELS, images, 2)
