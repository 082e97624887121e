"""AdamW, or Muon for matrices beside AdamW for the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim import AdamW, Optimizer

from bettersynth.models.training.muon import Muon
from bettersynth.settings.training import OptimizerName

# as the reference
ADAMW: dict[str, Any] = {"betas": (0.9, 0.999), "eps": 1e-8}


def build_optimizer(
    kind: OptimizerName, groups: list[dict[str, Any]], muon_learning_rate: float = 0.02
) -> Optimizer:
    """Return the optimiser of groups as `parameter_groups` makes them.

    Muon takes the matrices `[out, in]`; embeddings and the head count as the rest.
    """
    if kind == "adamw":
        return AdamW([_without_names(group) for group in groups], **ADAMW)
    # by their weight decay; their rate does not depend on the group
    matrices: dict[float, list[nn.Parameter]] = {}
    rest = []
    for group in groups:
        others = []
        for name, parameter in zip(group["names"], group["params"], strict=True):
            if _is_matrix(name, parameter):
                matrices.setdefault(group["weight_decay"], []).append(parameter)
            else:
                others.append(parameter)
        if others:
            rest.append(_without_names(group) | {"params": others})
    optimizers: list[Optimizer] = []
    if matrices:
        decayed = []
        for weight_decay, parameters in matrices.items():
            decayed.append({"params": parameters, "weight_decay": weight_decay})
        optimizers.append(Muon(decayed, lr=muon_learning_rate))
    if rest:
        optimizers.append(AdamW(rest, **ADAMW))
    return JointOptimizer(optimizers)


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    # an embedding's rows are looked up one by one: orthogonalising the table mixes unrelated words
    return parameter.ndim == 2 and "embed_tokens" not in name and "lm_head" not in name


def _without_names(group: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key != "names"}


class JointOptimizer(Optimizer):
    """Several optimisers behind one interface; schedules see all their groups."""

    def __init__(self, optimizers: list[Optimizer]) -> None:
        self.optimizers = optimizers
        groups = self._groups()
        parameters_alone = [{"params": group["params"]} for group in groups]
        super().__init__(parameters_alone, {})
        # the constructor was given new mappings; a schedule must reach the optimisers' own
        self.param_groups = groups

    def _groups(self) -> list[dict[str, Any]]:
        """Return the groups of all, the very mappings: a rate that is set here holds there."""
        groups = []
        for optimizer in self.optimizers:
            groups += optimizer.param_groups
        return groups

    def step(  # type: ignore[override]
        self, closure: Callable[[], float] | None = None
    ) -> float | None:
        """Let each optimiser step; returns the closure's loss, None without a closure."""
        loss = closure() if closure is not None else None
        for optimizer in self.optimizers:
            optimizer.step()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of each optimiser under its position."""
        states = enumerate(self.optimizers)
        return {str(position): optimizer.state_dict() for position, optimizer in states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` returned, from as many optimisers."""
        for position, optimizer in enumerate(self.optimizers):
            optimizer.load_state_dict(state_dict[str(position)])
        # loading replaces the mappings
        self.param_groups = self._groups()
