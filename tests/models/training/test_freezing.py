from __future__ import annotations

import pytest
import torch
from support.mgm_reference import reference_model

from bettersynth.models.training.freezing import freeze, store_frozen_in_half, trained_share


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)


def test_with_bfloat16_frozen_parts_are_kept_in_it_and_trained_ones_are_not():
    model = reference_model("gemma_g1")
    freeze(model, tune_mm_mlp_adapter=True)
    store_frozen_in_half(model)
    kinds = {name: parameter.dtype for name, parameter in model.named_parameters()}
    assert all(
        (kind == torch.float32) == name.startswith(("mining.", "mm_projector."))
        for name, kind in kinds.items()
    )
    model = reference_model("gemma_g1")
    freeze(model)
    store_frozen_in_half(model)
    assert model.language_model.dtype == torch.float32
    assert model.vision_tower_aux.vision_stem[0].weight.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("flags", "trained"),
    [
        ({"tune_mm_mlp_adapter": True}, {"mm_projector", "mining"}),
        ({"tune_mm_mlp_adapter": True, "freeze_mm_mlp_adapter": True}, {"mining"}),
        ({"freeze_backbone": True}, {"mm_projector", "mining"}),
        ({}, {"mm_projector", "mining", "language_model"}),
        (
            {"optimize_vision_tower": True},
            {"mm_projector", "mining", "language_model", "vision_tower"},
        ),
    ],
)
def test_flags_freeze_what_the_reference_freezes(flags, trained):
    model = reference_model("gemma_g1")
    assert {name.split(".")[0] for name in freeze(model, **flags)} == trained


def test_the_trained_share_counts_numbers_not_tensors():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2))
    model[1].requires_grad_(False)
    assert trained_share(model) == (8, 14)
