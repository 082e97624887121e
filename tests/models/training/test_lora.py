from __future__ import annotations

import importlib.util

import pytest
import torch
from support.tiny_mini_gemini import tiny, uneven_batch

from bettersynth.errors import UserError
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.training.freezing import freeze, store_frozen_in_half
from bettersynth.models.training.lora import add_lora, linear_layers, merge, save_adapters
from bettersynth.settings.lora import Lora

LAYERS = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
has_bitsandbytes = importlib.util.find_spec("bitsandbytes") is not None


def trained(settings: Lora) -> tuple[MiniGemini, object]:
    """A tiny model after three steps in which its adapters learn."""
    model = tiny("mgm")
    freeze(model)
    adapters = add_lora(model, settings, seed=3)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        model(**uneven_batch()).loss.backward()
        optimizer.step()
    return model, adapters


def logits(model: MiniGemini) -> torch.Tensor:
    with torch.no_grad():
        return model(**uneven_batch(), all_logits=True).logits


def test_adapters_start_as_nothing_and_are_all_of_the_decoder_that_is_trained():
    model = tiny("mgm")
    before = logits(model)
    freeze(model)
    add_lora(model, Lora(rank=4), seed=0)
    torch.testing.assert_close(logits(model), before)
    names = [
        name
        for name, p in model.named_parameters()
        if p.requires_grad and name.startswith("language_model.")
    ]
    assert len(names) == 2 * len(LAYERS) * 2
    assert all(".lora_A." in name or ".lora_B." in name for name in names)
    assert model.mm_projector[0].weight.requires_grad


def test_the_merged_model_computes_what_the_adapted_one_did():
    settings = Lora(rank=4)
    model, adapters = trained(settings)
    adapted = logits(model)
    assert not torch.allclose(adapted, logits(tiny("mgm")), atol=1e-2)
    merged = merge(model, adapters, settings, rebuild=lambda: tiny("mgm"))
    assert not any("lora" in name or "base_layer" in name for name in merged.state_dict())
    torch.testing.assert_close(logits(merged), adapted, atol=1e-5, rtol=1e-5)


@pytest.mark.filterwarnings(
    "ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"
)  # peft's own
def test_peft_loads_the_saved_adapters_onto_the_plain_language_model(tmp_path):
    from peft import PeftModel

    settings = Lora(rank=4, targets=("q_proj", "v_proj"))
    model, _ = trained(settings)
    model.language_model.eval()
    save_adapters(model, settings, tmp_path, "models/decoder")
    loaded = PeftModel.from_pretrained(tiny("mgm").language_model.eval(), tmp_path)
    ids = torch.arange(3, 20)[None]
    with torch.no_grad():
        torch.testing.assert_close(
            loaded(input_ids=ids).logits, model.language_model(input_ids=ids).logits
        )


def test_the_same_seed_starts_the_same_adapters():
    starts = []
    for seed in (1, 1, 2):
        model = tiny("mgm")
        add_lora(model, Lora(rank=2), seed)
        starts.append(next(p for name, p in model.named_parameters() if ".lora_A." in name))
    assert torch.equal(starts[0], starts[1])
    assert not torch.equal(starts[0], starts[2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Lora(rank=0), "lora.rank is 0"),
        (
            Lora(targets=("query",)),
            f"lora.targets has query; the decoder's linear layers are {', '.join(LAYERS)}",
        ),
        (Lora(targets=()), "lora.targets has nothing"),
    ],
)
def test_impossible_adapters_are_one_clear_error(settings, message):
    with pytest.raises(UserError, match=message):
        add_lora(tiny("mgm"), settings, 0)


def test_the_decoders_own_linear_layers_are_the_targets_unless_said_otherwise():
    assert linear_layers(tiny("mgm_gemma")) == LAYERS


def test_quantised_weights_without_bitsandbytes_are_one_clear_error(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        UserError, match="lora.bits is 4, but the package bitsandbytes is not installed"
    ):
        add_lora(tiny("mgm"), Lora(bits=4), 0)


def test_under_bfloat16_the_frozen_weights_are_halved_and_the_merged_ones_are_whole():
    settings = Lora(rank=4)
    model = tiny("mgm")
    freeze(model)
    adapters = add_lora(model, settings, seed=3)
    store_frozen_in_half(model)
    types = {name: p.dtype for name, p in model.language_model.named_parameters()}
    assert {types[name] for name in types if ".lora_" in name} == {torch.float32}
    assert {types[name] for name in types if ".lora_" not in name} == {torch.bfloat16}
    assert model.language_model.model.rotary_emb.inv_freq.dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(**uneven_batch()).loss.backward()
    merged = merge(model, adapters, settings, rebuild=lambda: tiny("mgm"))
    whole = tiny("mgm").state_dict()
    assert all(
        torch.equal(value, whole[name])
        for name, value in merged.state_dict().items()
        if name.startswith("language_model.")
    )


@pytest.mark.skipif(not has_bitsandbytes, reason="bitsandbytes is not installed (extra qlora)")
@pytest.mark.parametrize("bits", [4, 8])
def test_adapters_over_quantised_weights_learn_and_merge_into_whole_ones(bits):
    settings = Lora(rank=4, bits=bits)
    model, adapters = trained(settings)
    layer = model.language_model.model.layers[0].mlp.up_proj.base_layer
    assert layer.weight.dtype == (torch.uint8 if bits == 4 else torch.int8)
    first = model.language_model.model.layers[0].self_attn.q_proj
    learned = (
        (settings.alpha / settings.rank) * first.lora_B.default.weight @ first.lora_A.default.weight
    )
    assert learned.abs().max() > 1e-3
    merged = merge(model, adapters, settings, rebuild=lambda: tiny("mgm"))
    difference = (
        merged.language_model.model.layers[0].self_attn.q_proj.weight
        - tiny("mgm").language_model.model.layers[0].self_attn.q_proj.weight
    )
    torch.testing.assert_close(difference, learned, atol=1e-6, rtol=1e-5)
    assert torch.equal(merged.mm_projector[0].weight, model.mm_projector[0].weight)


@pytest.mark.skipif(not has_bitsandbytes, reason="bitsandbytes is not installed (extra qlora)")
def test_scales_of_four_bits_are_themselves_quantised_unless_that_is_switched_off():
    def weight(**settings):
        model = tiny("mgm")
        add_lora(model, Lora(bits=4, **settings), 0)
        return model.language_model.model.layers[0].mlp.up_proj.base_layer.weight

    double = weight()
    assert (double.quant_state.nested, double.quant_state.quant_type) == (True, "nf4")
    assert not weight(double_quant=False).quant_state.nested
    assert weight(quant_type="fp4").quant_state.quant_type == "fp4"
