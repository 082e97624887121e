"""What is trained in each stage, in which parameter groups, by which optimiser."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from bettersynth.errors import UserError
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.upstream_names import upstream_name
from bettersynth.models.training.muon import Muon
from bettersynth.settings.training import OptimizerName


def freeze(
    model: MiniGemini,
    tune_mm_mlp_adapter: bool = False,
    freeze_mm_mlp_adapter: bool = False,
    freeze_backbone: bool = False,
    optimize_vision_tower: bool = False,
    optimize_vision_tower_aux: bool = False,
) -> list[str]:
    """Set `requires_grad` by the reference's flags and return the names of what is trained.

    Stage 1 is `tune_mm_mlp_adapter` (projector and mining alone), stage 2 none of them (those and the language model). Towers are frozen
    but for the last half of CLIP's layers with `optimize_vision_tower`, the last block of each ConvNeXt stage with `..._aux`.
    """
    model.requires_grad_(not tune_mm_mlp_adapter)
    model.mm_projector.requires_grad_(not freeze_mm_mlp_adapter)
    model.mining.requires_grad_(True)
    if freeze_backbone:
        model.language_model.model.requires_grad_(False)
    for tower in (model.vision_tower, model.vision_tower_aux):
        if tower is not None:
            tower.requires_grad_(False)
    if model.vision_tower is not None:
        model.vision_tower.trainable = optimize_vision_tower
        if optimize_vision_tower:
            layers = model.vision_tower.clip.encoder.layers
            layers[len(layers) - len(layers) // 2 :].requires_grad_(True)
    if model.vision_tower_aux is not None:
        model.vision_tower_aux.trainable = optimize_vision_tower_aux
        if optimize_vision_tower_aux:
            for stage in model.vision_tower_aux.vision_stages:
                stage.blocks[-1].requires_grad_(True)
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


def decayed_names(model: nn.Module) -> set[str]:
    """Return the parameters that weight decay may shrink: neither biases nor anything inside a norm layer."""
    names = set()
    for prefix, module in model.named_modules():
        if isinstance(module, nn.LayerNorm) or type(module).__name__.endswith("RMSNorm"):
            continue
        names |= {
            f"{prefix}.{name}".lstrip(".")
            for name, _ in module.named_parameters(recurse=False)
            if name != "bias"
        }
    return {name for name in names if not name.endswith(".bias")}


def parse_multipliers(text: str | None) -> dict[str, float]:
    """Read `lr_multi`: `part_of_a_name:factor,...`.

    Raises:
        UserError: not of that form.
    """
    factors = {}
    for item in (text or "").split(","):
        if item.strip():
            key, _, value = item.strip().partition(":")
            try:
                factors[key] = float(value)
            except ValueError:
                raise UserError(
                    f"lr_multi: {item.strip()!r} is not of the form part_of_a_name:factor"
                ) from None
    return factors


def parameter_groups(
    model: MiniGemini,
    learning_rate: float,
    weight_decay: float = 0.0,
    mm_projector_lr: float | None = None,
    lr_multi: str | None = None,
) -> list[dict[str, Any]]:
    """Return the groups of trained parameters, each with `params`, `names` (upstream's), `lr` and `weight_decay`.

    Decayed and other parameters are apart; `mm_projector_lr` takes names containing `mm_projector` out into groups of their own, and
    `lr_multi` multiplies the rate of names that contain a key (the first that matches).
    """
    decayed, factors = decayed_names(model), parse_multipliers(lr_multi)
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        upstream = upstream_name(name)
        rate = (
            mm_projector_lr
            if mm_projector_lr is not None and "mm_projector" in upstream
            else learning_rate
        )
        rate *= next((factor for key, factor in factors.items() if key in upstream), 1.0)
        decay = weight_decay if name in decayed else 0.0
        key = (rate, float(name in decayed))
        group = groups.setdefault(
            key, {"params": [], "names": [], "lr": rate, "weight_decay": decay}
        )
        group["params"].append(parameter)
        group["names"].append(upstream)
    if not groups:
        raise UserError("nothing is trained: every parameter is frozen by the flags given")
    return list(groups.values())


def build_optimizer(
    kind: OptimizerName, groups: list[dict[str, Any]], muon_learning_rate: float = 0.02
) -> Optimizer:
    """Return AdamW (betas .9 and .999, eps 1e-8, as the reference), or Muon for matrices beside AdamW for the rest.

    Embeddings and the head count as the rest.
    """
    groups = [
        {key: value for key, value in group.items() if key != "names"} | {"names": group["names"]}
        for group in groups
    ]
    if kind == "adamw":
        return AdamW([_without_names(group) for group in groups], betas=(0.9, 0.999), eps=1e-8)
    matrices, rest = [], []
    for group in groups:
        pairs = list(zip(group["names"], group["params"], strict=True))
        is_matrix = {
            name: p.ndim == 2 and "embed_tokens" not in name and "lm_head" not in name
            for name, p in pairs
        }
        matrices += [p for name, p in pairs if is_matrix[name]]
        rest.append(
            _without_names(group) | {"params": [p for name, p in pairs if not is_matrix[name]]}
        )
    rest = [group for group in rest if group["params"]]
    optimizers: list[Optimizer] = (
        [Muon(matrices, lr=muon_learning_rate, weight_decay=0.0)] if matrices else []
    )
    if rest:
        optimizers.append(AdamW(rest, betas=(0.9, 0.999), eps=1e-8))
    return JointOptimizer(optimizers)


def _without_names(group: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key != "names"}


class JointOptimizer(Optimizer):
    """Several optimisers behind one interface; schedules see all their groups."""

    def __init__(self, optimizers: list[Optimizer]) -> None:
        self.optimizers = optimizers
        super().__init__(
            [
                {"params": group["params"]}
                for optimizer in optimizers
                for group in optimizer.param_groups
            ],
            {},
        )
        self._link()

    def _link(self) -> None:
        self.param_groups = [
            group for optimizer in self.optimizers for group in optimizer.param_groups
        ]

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = closure() if closure is not None else None
        for optimizer in self.optimizers:
            optimizer.step()
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        return {str(k): optimizer.state_dict() for k, optimizer in enumerate(self.optimizers)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for k, optimizer in enumerate(self.optimizers):
            optimizer.load_state_dict(state_dict[str(k)])
        self._link()


def trained_share(model: nn.Module) -> tuple[int, int]:
    """Return the numbers of trained and of all parameters."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(n for n, trained in sizes if trained), sum(n for n, _ in sizes)


def set_deterministic(threads: int | None = 1) -> None:
    """Make torch repeat itself to the bit on one machine: deterministic algorithms and a fixed number of threads (None leaves it)."""
    if threads is not None:
        torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # or cuBLAS repeats nothing
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
