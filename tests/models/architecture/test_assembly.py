from __future__ import annotations

import dataclasses

import pytest
import torch
from safetensors.torch import load_file
from support.default_settings import default_settings
from support.mgm_reference import CLIP, CONVNEXT
from support.small_training import small_project

from bettersynth.errors import UserError
from bettersynth.models.architecture.assembly import (
    build_model,
    feature_widths,
    pixel_pipeline,
    require_fitting_tokenizer,
)
from bettersynth.models.architecture.checkpoint import save_upstream
from bettersynth.models.architecture.mini_gemini import MiniGemini

SETTINGS = default_settings("model", language_model="models/decoder")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return small_project(tmp_path)


def test_the_decoder_is_the_folders_and_the_projector_follows_from_the_seed(project):
    model, tokenizer = build_model(SETTINGS, "sdpa", 5)
    again, _ = build_model(SETTINGS, "sdpa", 5)
    other, _ = build_model(SETTINGS, "sdpa", 6)
    weights = load_file(project / "models/decoder/model.safetensors")
    embeddings = model.language_model.get_input_embeddings().weight
    assert torch.equal(embeddings, weights["model.embed_tokens.weight"])
    assert torch.equal(model.mm_projector[0].weight, again.mm_projector[0].weight)
    assert not torch.equal(model.mm_projector[0].weight, other.mm_projector[0].weight)
    assert len(tokenizer) <= model.config.vocab_size


def test_drawing_a_model_leaves_the_callers_random_numbers_alone(project):
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    build_model(SETTINGS, "sdpa", 5)
    assert torch.equal(torch.rand(1), expected)


def test_without_towers_the_widths_are_those_of_the_cached_features(project):
    assert feature_widths(project / "data/features") == (8, 6)
    (project / "data/features/high_res.npy").unlink()
    with pytest.raises(UserError, match="high_res.npy does not exist; run .* or name the two"):
        build_model(SETTINGS, "sdpa", 0)


def test_the_layer_of_the_low_resolution_tower_follows_the_settings(project):
    towers = {"vision_tower": str(CLIP), "vision_tower_aux": str(CONVNEXT), "image_size_aux": 64}
    for layer, used in ((-2, 2), (-1, 3), (1, 1)):
        changes = {"language_model": "models/decoder", "mm_vision_select_layer": layer}
        model, _ = build_model(default_settings("model", **towers, **changes), "sdpa", 0)
        assert model.vision_tower.used_layers == used
        # what answers later reads it there
        assert model.architecture.to_dict()["mm_vision_select_layer"] == layer


def test_the_projectors_width_follows_the_settings(project, tmp_path):
    wide, _ = build_model(dataclasses.replace(SETTINGS, mm_projector_width=40), "sdpa", 0)
    plain, _ = build_model(SETTINGS, "sdpa", 0)
    hidden = plain.hidden_size
    assert [wide.mm_projector[place].weight.shape for place in (0, 2)] == [(40, 8), (hidden, 40)]
    assert plain.mm_projector[2].weight.shape == (hidden, hidden)
    # what answers later reads the width of the folder
    save_upstream(wide, tmp_path / "wide")
    again = MiniGemini.from_upstream(tmp_path / "wide")
    assert torch.equal(again.mm_projector[2].weight, wide.mm_projector[2].weight)


def test_a_model_without_towers_processes_no_pixels(project):
    model, _ = build_model(SETTINGS, "sdpa", 0)
    with pytest.raises(UserError, match="has no towers"):
        pixel_pipeline(model, "pad")


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused():
    with pytest.raises(UserError, match="of here has 3 tokens, its model only 2"):
        require_fitting_tokenizer(["a", "b", "c"], 2, "here")
