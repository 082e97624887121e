from __future__ import annotations

import math

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.mgm_reference import CASES, CLIP, CONVNEXT, MGM, reference_model, reference_values
from transformers import CLIPVisionConfig

from bettersynth.errors import UserError
from bettersynth.models.architecture.checkpoint import (
    load_stage_one,
    save_stage_one,
    save_upstream,
    upstream_state,
)
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.upstream_names import own_name, upstream_name
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.parameter_groups import parameter_groups
from bettersynth.models.weights.reading import read_weights

MGM_2B = {
    "model_type": "mgm_gemma",
    "vocab_size": 256000,
    "hidden_size": 2048,
    "intermediate_size": 16384,
    "num_hidden_layers": 18,
    "num_attention_heads": 8,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "max_position_embeddings": 8192,
    "hidden_act": "gelu",
    "mm_hidden_size": 1024,
    "mm_hidden_size_aux": 2880,
    "image_size_aux": 768,
}


@pytest.fixture(scope="module")
def mgm_2b():
    """The real architecture without memory for its numbers."""
    clip = CLIPVisionConfig(
        hidden_size=1024,
        intermediate_size=4096,
        projection_dim=768,
        num_hidden_layers=24,
        num_attention_heads=16,
        image_size=336,
        patch_size=14,
    )
    with torch.device("meta"):
        aux = VisionTowerAux((192, 384, 768, 1536), (3, 3, 27, 3))
        return MiniGemini(MiniGeminiConfig.from_dict(MGM_2B), VisionTower(clip), aux)


def test_every_tensor_of_mgm_2b_has_upstreams_name_and_shape(mgm_2b):
    expected = {}
    for line in (MGM / "mgm2b_parameters.tsv").read_text().splitlines()[1:]:
        name, shape, _ = line.split("\t")
        expected[name] = tuple(int(side) for side in shape.split("x"))
    found = {upstream_name(name): tuple(p.shape) for name, p in mgm_2b.named_parameters()}
    assert found == expected
    assert sum(math.prod(shape) for shape in found.values()) == pytest.approx(3.019e9, rel=1e-3)


def test_stage_one_trains_thirteen_million_numbers_in_sixteen_tensors(mgm_2b):
    names = freeze(mgm_2b, tune_mm_mlp_adapter=True)
    assert len(names) == 16
    assert sum(p.numel() for p in mgm_2b.parameters() if p.requires_grad) == pytest.approx(
        13.26e6, rel=1e-3
    )
    groups = parameter_groups(mgm_2b, 1e-3)
    assert sorted(len(group["params"]) for group in groups) == [
        5,
        11,
    ]  # five matrices are decayed; biases and norms are not


@pytest.mark.parametrize("case", CASES)
def test_a_saved_model_is_the_upstream_model(case, tmp_path):
    model = reference_model(case)
    save_upstream(model, tmp_path, towers=True)
    original, written = read_weights(MGM / case), load_file(tmp_path / "model.safetensors")
    tied = {"lm_head.weight"} if case.startswith("gemma") else set()
    assert set(original) - set(written) == tied
    assert all(torch.equal(original[name], value) for name, value in written.items())
    inputs, expected = reference_values(case)
    again = MiniGemini.from_upstream(tmp_path, CLIP, CONVNEXT)
    assert (again(**inputs).logits - expected["logits"]).abs().max() < 1e-4


def test_names_go_there_and_back(mgm_2b):
    for name in mgm_2b.state_dict():
        assert own_name(upstream_name(name)) == name


def test_upstreams_pickled_shards_load(tmp_path):
    weights = read_weights(MGM / "gemma_g1")
    names = sorted(weights)
    parts = {
        "pytorch_model-00001-of-00002.bin": names[::2],
        "pytorch_model-00002-of-00002.bin": names[1::2],
    }
    for file, part in parts.items():
        torch.save({name: weights[name] for name in part}, tmp_path / file)
    index = {"weight_map": {name: file for file, part in parts.items() for name in part}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(__import__("json").dumps(index))
    (tmp_path / "config.json").write_text((MGM / "gemma_g1/config.json").read_text())
    inputs, expected = reference_values("gemma_g1")
    assert (
        MiniGemini.from_upstream(tmp_path, CLIP, CONVNEXT)(**inputs).logits - expected["logits"]
    ).abs().max() < 1e-4


def test_upstreams_stage_one_file_loads_with_its_towers_passed_over(tmp_path):
    source, target = reference_model("gemma_g1"), reference_model("gemma_g1")
    state = {
        name: value
        for name, value in upstream_state(source).items()
        if "mm_projector" in name or "vlm_uni" in name or "vision_tower" in name
    }
    torch.save(state, tmp_path / "mm_projector.bin")
    torch.nn.init.zeros_(target.mm_projector[0].weight)
    torch.nn.init.zeros_(target.mining.query[1].weight)
    load_stage_one(target, tmp_path / "mm_projector.bin")
    for name, value in source.state_dict().items():
        assert torch.equal(value, target.state_dict()[name]), name


def test_stage_one_files_are_the_same_bytes_for_the_same_numbers(tmp_path):
    for name in ("a", "b"):
        save_stage_one(reference_model("gemma_g1"), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_stage_one_file_of_another_width_is_refused(tmp_path):
    configs = [
        MiniGeminiConfig.from_folder(MGM / "gemma_g1", mm_projector_width=width)
        for width in (None, 40)
    ]
    plain, wide = map(MiniGemini, configs)
    save_stage_one(wide, tmp_path / "wide.safetensors")
    hidden = plain.hidden_size
    message = (
        f"wide.safetensors: its projector's hidden layers are 40 wide, this model's {hidden}; "
        "set model.mm_projector_width to 40, or make stage 1 anew"
    )
    with pytest.raises(UserError, match=message):
        load_stage_one(plain, tmp_path / "wide.safetensors")
    other = MiniGemini(configs[1])
    load_stage_one(other, tmp_path / "wide.safetensors")
    assert torch.equal(other.mm_projector[2].weight, wide.mm_projector[2].weight)


def test_missing_and_unknown_tensors_are_named(tmp_path):
    weights = read_weights(MGM / "gemma_g1")
    (tmp_path / "config.json").write_text((MGM / "gemma_g1/config.json").read_text())
    save_file(
        {name: value for name, value in weights.items() if "vlm_uni_val" not in name},
        tmp_path / "model.safetensors",
    )
    with pytest.raises(
        UserError, match=r"lacks tensor model.vlm_uni_val_projector.0.weight and 3 more"
    ):
        MiniGemini.from_upstream(tmp_path, CLIP, CONVNEXT)
    save_file({**weights, "model.other": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(UserError, match=r"has unknown tensor model.other"):
        MiniGemini.from_upstream(tmp_path, CLIP, CONVNEXT)


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    with pytest.raises(UserError, match=r"holds no weights; looked for model.safetensors"):
        read_weights(tmp_path)
    with pytest.raises(UserError, match=r"config.json does not exist; a model is a folder"):
        MiniGemini.from_upstream(tmp_path)
