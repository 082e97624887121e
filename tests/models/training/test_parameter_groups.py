from __future__ import annotations

import pytest
from support.mgm_reference import reference_model

from bettersynth.errors import UserError
from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.parameter_groups import parameter_groups


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


def test_nothing_to_train_is_an_error():
    model = reference_model("gemma_g1")
    model.requires_grad_(False)
    with pytest.raises(UserError, match="nothing is trained"):
        parameter_groups(model, 1e-3)
