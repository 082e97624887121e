from __future__ import annotations

import pytest
import torch
from support.mgm_reference import reference_model, reference_values
from support.tiny_mini_gemini import tiny, uneven_batch

from bettersynth.models.architecture.decoder_input import block_mask
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.packing import assign_rows, pack
from bettersynth.models.architecture.splicing import plan_splice

KINDS = ("mgm_gemma", "mgm", "mgm_mistral")


def loss_and_gradients(
    model: MiniGemini, batch: dict[str, torch.Tensor], packing: bool
) -> tuple[float, dict[str, torch.Tensor]]:
    model.packing = packing
    model.zero_grad()
    loss = model(**batch).loss
    loss.backward()
    return loss.item(), {
        name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None
    }


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("kind", KINDS)
def test_packing_changes_neither_the_loss_nor_any_gradient(kind, attention):
    model, batch = tiny(kind, attention), uneven_batch()
    (plain, plain_gradients), (packed, packed_gradients) = (
        loss_and_gradients(model, batch, packing) for packing in (False, True)
    )
    assert packed == pytest.approx(plain, rel=1e-6)
    assert packed_gradients.keys() == plain_gradients.keys()
    for name, gradient in plain_gradients.items():
        torch.testing.assert_close(packed_gradients[name], gradient, atol=1e-5, rtol=1e-5, msg=name)


def test_packing_equals_the_reference_with_its_own_towers():
    inputs, expected = reference_values("gemma_g1")
    model = reference_model("gemma_g1").train()
    model.packing = True
    assert model(**inputs).loss.item() == pytest.approx(expected["loss"].item(), rel=1e-5)


def test_a_sliding_window_stays_as_wide_as_without_packing():
    model, batch = tiny("mgm_mistral"), uneven_batch()
    wide = loss_and_gradients(model, batch, packing=False)[0]
    model.config.sliding_window = 3
    plain, packed = (loss_and_gradients(model, batch, packing)[0] for packing in (False, True))
    assert plain != pytest.approx(wide, rel=1e-4)
    assert packed == pytest.approx(plain, rel=1e-6)


def test_fewer_rows_hold_the_same_tokens_and_each_conversation_sees_itself_alone():
    batch = uneven_batch()
    plan = plan_splice(batch["input_ids"], batch["attention_mask"], batch["labels"], 6, 4)
    packed = pack(plan, padding=999)
    assert packed.source.shape == (4, 24)  # 6 x 24 before
    assert sorted(packed.source[packed.owner >= 0].tolist()) == sorted(
        plan.source[plan.attention_mask].tolist()
    )
    visible = block_mask(packed.owner)
    for row in range(4):
        for place in range(24):
            seen = visible[row, 0, place].nonzero().squeeze(1)
            assert set(packed.owner[row, seen].tolist()) == {packed.owner[row, place].item()}
            if packed.owner[row, place] >= 0:
                assert len(seen) == packed.position_ids[row, place] + 1


def test_first_fit_fills_rows_from_the_longest_on():
    assert assign_rows([2, 5, 3, 1, 4], capacity=5) == [[1], [4, 3], [2, 0]]


def test_only_training_is_packed():
    model, batch = tiny("mgm").eval(), uneven_batch()
    model.packing = True
    assert model(**batch).logits.shape[0] == 6
