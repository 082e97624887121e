from __future__ import annotations

import copy

import pytest
import torch
from support.mgm_reference import reference_model, reference_values

from bettersynth.models.training.freezing import freeze
from bettersynth.models.training.optimizer import JointOptimizer, build_optimizer
from bettersynth.models.training.parameter_groups import parameter_groups


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


@pytest.mark.parametrize("kind", ["muon", "adamw"])
def test_weight_decay_shrinks_matrices_and_no_biases_and_norms(kind):
    model = reference_model("gemma_g1")
    freeze(model, tune_mm_mlp_adapter=True)
    rate = 0.1
    optimizer = build_optimizer(kind, parameter_groups(model, rate, weight_decay=0.5), rate)
    before = {name: value.clone() for name, value in model.named_parameters()}
    for parameter in model.parameters():
        # what is left of a step without a gradient is the decay
        parameter.grad = torch.zeros_like(parameter) if parameter.requires_grad else None
    optimizer.step()
    shrunk = set()
    for name, value in model.named_parameters():
        if not torch.equal(value, before[name]):
            torch.testing.assert_close(value, before[name] * (1 - rate * 0.5))
            shrunk.add(name)
    trained = {name for name, value in model.named_parameters() if value.requires_grad}
    assert shrunk == {name for name in trained if model.get_parameter(name).ndim == 2}
