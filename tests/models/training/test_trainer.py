from __future__ import annotations

import pytest
import torch
from support.mgm_reference import reference_model, reference_values

from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.trainer import loss_curve


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_gradient_checkpointing_and_the_attention_form_change_no_gradient(attention):
    inputs, expected = reference_values("gemma_g1")
    model = reference_model("gemma_g1", attn_implementation=attention)
    freeze(model, tune_mm_mlp_adapter=True)
    model.train()
    model.language_model.activation_checkpointing_enable({"use_reentrant": False})
    model(**inputs).loss.backward()
    torch.testing.assert_close(
        model.mm_projector[0].weight.grad,
        expected["grad.model.mm_projector.0.weight"],
        atol=3e-5,
        rtol=0,
    )


def test_bfloat16_autocast_stays_near_the_float32_loss():
    inputs, expected = reference_values("gemma_g1")
    model = reference_model("gemma_g1")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(**inputs).loss
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected["loss"].item(), rel=0.02)


def test_the_loss_curve_leaves_what_is_no_loss_out():
    history = [
        {"step": 1, "loss": 2.0, "learning_rate": 0.1, "grad_norm": 3.0},
        {"step": 1, "train_runtime": 5.0},
    ]
    assert loss_curve(history) == [{"step": 1, "loss": 2.0, "lr": 0.1}]
