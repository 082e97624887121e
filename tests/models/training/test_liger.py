from __future__ import annotations

import importlib.util

import pytest
import torch
from support.mgm_reference import reference_model, reference_values
from transformers.models.gemma import modeling_gemma

from bettersynth.errors import UserError
from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.liger import require_liger, use_liger

has_liger = importlib.util.find_spec("liger_kernel") is not None


@pytest.mark.skipif(has_liger, reason="liger-kernel is installed")
def test_the_missing_package_is_named_with_the_command_that_installs_it():
    with pytest.raises(UserError, match=r"pip install -e '\.\[liger\]'"):
        require_liger()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_machine_without_a_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.raises(UserError, match="there is no GPU"):
        require_liger()


@pytest.mark.skipif(not has_liger, reason="liger-kernel is not installed (extra liger)")
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("activation", ["gelu", "gelu_pytorch_tanh"])
def test_losses_and_gradients_are_those_of_the_plain_decoder(activation, monkeypatch):
    # Liger sets this one for the whole process: it is put back behind this test
    monkeypatch.setattr(modeling_gemma, "apply_rotary_pos_emb", modeling_gemma.apply_rotary_pos_emb)
    inputs, _ = reference_values("gemma_g1")
    on_gpu = {name: value.cuda() for name, value in inputs.items()}
    found = []
    for fused in (False, True):
        model = reference_model("gemma_g1").cuda()
        model.language_model.config.hidden_act = activation
        for layer in model.language_model.model.layers:
            exact = activation == "gelu"
            layer.mlp.act_fn = torch.nn.GELU(approximate="none" if exact else "tanh")
        if fused:
            use_liger(model.language_model)
        freeze(model, tune_mm_mlp_adapter=True)
        model.train()
        loss = model(**on_gpu).loss
        loss.backward()
        found.append((loss.item(), model.mm_projector[0].weight.grad))
    (plain_loss, plain), (fused_loss, fused_gradient) = found
    assert fused_loss == pytest.approx(plain_loss, rel=1e-5)
    torch.testing.assert_close(fused_gradient, plain, atol=3e-5, rtol=1e-3)
