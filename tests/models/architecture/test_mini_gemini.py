from __future__ import annotations

import pytest
import torch
from support.mgm_reference import CASES, MGM, reference_model, reference_values

from bettersynth.errors import UserError
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.upstream_names import upstream_name
from bettersynth.models.training.freezing import freeze


@pytest.mark.parametrize("case", CASES)
def test_every_stage_equals_the_reference(case):
    model, (inputs, expected) = reference_model(case), reference_values(case)
    with torch.no_grad():
        low_res, high_res = model.tower_features(inputs["images"], inputs["images_aux"])
        fused = model.fuse(low_res, high_res)
        tokens = model.image_tokens(low_res, high_res)
        embeds, mask, labels = model.splice(
            inputs["input_ids"], inputs["attention_mask"], inputs["labels"], tokens
        )
    torch.testing.assert_close(low_res, expected["clip_features"], atol=5e-6, rtol=0)
    torch.testing.assert_close(fused, expected["fused_features"], atol=1e-5, rtol=0)
    torch.testing.assert_close(
        tokens / model.image_scale, expected["projected_features"], atol=1e-5, rtol=0
    )
    torch.testing.assert_close(
        embeds / model.image_scale, expected["spliced_embeds"], atol=1e-5, rtol=0
    )
    assert torch.equal(labels, expected["spliced_labels"].long())
    assert torch.equal(mask, expected["spliced_attention_mask"].bool())


@pytest.mark.parametrize("case", CASES)
def test_logits_loss_and_stage_one_gradients_equal_the_reference(case):
    model, (inputs, expected) = reference_model(case), reference_values(case)
    freeze(model, tune_mm_mlp_adapter=True)
    output = model(**inputs)
    assert (output.logits - expected["logits"]).abs().max() < 1e-4
    assert output.loss.item() == pytest.approx(expected["loss"].item(), rel=1e-5)
    output.loss.backward()
    compared = 0
    for name, parameter in model.named_parameters():
        key = f"grad.{upstream_name(name)}"
        if key in expected:
            compared += 1
            torch.testing.assert_close(parameter.grad, expected[key], atol=3e-5, rtol=0)
    assert compared == (0 if case == "gemma_g1_left" else 16)


def test_high_resolution_stages_equal_the_reference():
    model, (inputs, expected) = reference_model("gemma_g1"), reference_values("gemma_g1")
    with torch.no_grad():
        stages = model.vision_tower_aux.stages(inputs["images_aux"])
        high_res = model.vision_tower_aux(inputs["images_aux"])
    # 1e-6 where the fixtures were made; a CPU with AVX2 alone sums in another order (1.4e-6)
    for k, stage in enumerate(stages):
        torch.testing.assert_close(stage, expected[f"aux_stage_{k}"], atol=3e-6, rtol=0)
    torch.testing.assert_close(
        high_res.permute(0, 3, 1, 2), expected["aux_features"], atol=3e-6, rtol=0
    )


def test_the_head_on_supervised_rows_alone_gives_the_same_loss_and_gradients():
    model, (inputs, _) = reference_model("gemma_g1"), reference_values("gemma_g1")
    losses, gradients = [], []
    for everything in (True, False):
        model.zero_grad()
        output = model(**inputs, all_logits=everything)
        assert (output.logits is None) is not everything
        output.loss.backward()
        losses.append(output.loss.item())
        gradients.append(model.mm_projector[0].weight.grad.clone())
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-5)


def test_cached_features_give_the_loss_of_pixels():
    model, (inputs, _) = reference_model("gemma_g1"), reference_values("gemma_g1")
    with torch.no_grad():
        low_res, high_res = model.tower_features(inputs.pop("images"), inputs.pop("images_aux"))
    bare = MiniGemini.from_upstream(MGM / "gemma_g1")
    assert bare.vision_tower is None
    pixels = model(**reference_values("gemma_g1")[0]).loss
    assert bare(**inputs, low_res=low_res, high_res=high_res).loss.item() == pytest.approx(
        pixels.item(), rel=1e-6
    )


def test_frozen_towers_get_no_gradient_and_the_optimized_parts_do():
    model, (inputs, _) = reference_model("gemma_g1"), reference_values("gemma_g1")
    freeze(model, optimize_vision_tower=True, optimize_vision_tower_aux=True)
    model(**inputs).loss.backward()
    with_gradient = {
        name
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }
    towers = {name for name in with_gradient if name.startswith("vision_tower")}
    assert {name.split(".blocks")[0] for name in towers} == {
        f"vision_tower_aux.vision_stages.{k}" for k in range(4)
    }
    assert not any(
        ".blocks.0." in name and "stages.2" in name for name in towers
    )  # stage 2 has two blocks: the last is trained


def test_a_tower_of_another_width_is_refused():
    with pytest.raises(
        UserError, match="mm_hidden_size_aux 96, but the tower's features are 80 wide"
    ):
        reference_model("gemma_g1", mm_hidden_size_aux=96)


def test_pixels_without_towers_are_refused():
    inputs, _ = reference_values("gemma_g1")
    with pytest.raises(UserError, match="without towers"):
        MiniGemini.from_upstream(MGM / "gemma_g1")(**inputs)


@pytest.mark.parametrize("kind", ["mgm_mistral", "mgm_mixtral"])
def test_mistral_and_mixtral_train_behind_the_same_image_side(kind):
    from bettersynth.models.architecture.configuration import MiniGeminiConfig

    torch.manual_seed(0)
    config = MiniGeminiConfig.from_dict(
        {
            "model_type": kind,
            "vocab_size": 50,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "num_local_experts": 2,
            "mm_hidden_size": 8,
            "mm_hidden_size_aux": 6,
        }
    )
    model = MiniGemini(config)
    ids = torch.tensor([[1, -200, 5, 6]])
    output = model(
        ids,
        torch.ones_like(ids),
        torch.tensor([[-100, -100, 5, 6]]),
        low_res=torch.randn(1, 4, 8),
        high_res=torch.randn(1, 4, 4, 6),
    )
    output.loss.backward()
    assert model.mining.val[1].weight.grad.abs().sum() > 0
