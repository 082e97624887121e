from __future__ import annotations

import copy

import pytest
import torch
from support.mgm_reference import reference_model, reference_values

from bettersynth.errors import UserError
from bettersynth.models.training.optimizer import (
    JointOptimizer,
    build_optimizer,
    freeze,
    parameter_groups,
)


def test_norms_and_biases_are_not_decayed_and_the_projector_may_have_its_own_rate():
    model = reference_model("gemma_g1")
    freeze(model)
    groups = parameter_groups(model, 1e-3, weight_decay=0.1, mm_projector_lr=5e-4)
    assert {(group["lr"], group["weight_decay"]) for group in groups} == {
        (1e-3, 0.1),
        (1e-3, 0.0),
        (5e-4, 0.1),
        (5e-4, 0.0),
    }
    for group in groups:
        for name, parameter in zip(group["names"], group["params"], strict=True):
            assert (group["weight_decay"] == 0) == (parameter.ndim == 1), name
            assert (group["lr"] == 5e-4) == ("mm_projector" in name), name


def test_rates_are_multiplied_by_parts_of_names():
    model = reference_model("gemma_g1")
    freeze(model)
    groups = parameter_groups(model, 1e-3, lr_multi="layers.0:0.5,vlm_uni:2")
    assert {group["lr"] for group in groups} == {1e-3, 5e-4, 2e-3}
    with pytest.raises(UserError, match="'layers' is not of the form part_of_a_name:factor"):
        parameter_groups(model, 1e-3, lr_multi="layers")


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


def test_nothing_to_train_is_an_error():
    model = reference_model("gemma_g1")
    model.requires_grad_(False)
    with pytest.raises(UserError, match="nothing is trained"):
        parameter_groups(model, 1e-3)


def test_muon_takes_the_matrices_and_its_state_goes_on_after_loading():
    inputs, _ = reference_values("gemma_g1")

    def start() -> tuple[torch.nn.Module, JointOptimizer]:
        model = reference_model("gemma_g1")
        freeze(model)
        return model, build_optimizer("muon", parameter_groups(model, 1e-3), 0.02)

    def step(model: torch.nn.Module, optimizer: JointOptimizer) -> float:
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        optimizer.step()
        return loss.item()

    model, optimizer = start()
    assert all(p.ndim == 2 for p in optimizer.optimizers[0].param_groups[0]["params"])
    assert any(
        p is model.language_model.get_input_embeddings().weight
        for g in optimizer.optimizers[1].param_groups
        for p in g["params"]
    )
    losses = [step(model, optimizer) for _ in range(2)]
    assert losses[1] < losses[0]
    again, resumed = start()
    again.load_state_dict(model.state_dict())
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert step(model, optimizer) == step(again, resumed)
    assert step(model, optimizer) == step(again, resumed)
