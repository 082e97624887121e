"""Trained parameters in groups of one learning rate and one weight decay each."""

from __future__ import annotations

from typing import Any

from torch import nn

from bettersynth.errors import UserError
from bettersynth.models.architecture.image_bounds import trains_bounds_alone
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.upstream_names import upstream_name


def decayed_names(model: nn.Module) -> set[str]:
    """Return the parameters that weight decay may shrink.

    Those are neither biases nor anything inside a norm layer.
    """
    names = set()
    for prefix, module in model.named_modules():
        # RMSNorm has a class of its own in every architecture of transformers
        is_rms_norm = type(module).__name__.endswith("RMSNorm")
        if is_rms_norm or isinstance(module, nn.LayerNorm):
            continue
        for name, _ in module.named_parameters(recurse=False):
            if name != "bias":
                names.add(f"{prefix}.{name}".lstrip("."))
    return names


def parse_multipliers(text: str | None) -> dict[str, float]:
    """Read `lr_multi`: `part_of_a_name:factor,...`.

    Raises:
        UserError: not of that form.
    """
    factors = {}
    for item in (text or "").split(","):
        item = item.strip()
        # also what stands between two commas, or after the last
        if not item:
            continue
        part, _, factor = item.partition(":")
        try:
            factors[part] = float(factor)
        except ValueError:
            raise UserError(
                f"lr_multi: {item!r} is not of the form part_of_a_name:factor"
            ) from None
    return factors


def parameter_groups(
    model: MiniGemini,
    learning_rate: float,
    weight_decay: float = 0.0,
    mm_projector_lr: float | None = None,
    lr_multi: str | None = None,
) -> list[dict[str, Any]]:
    """Return the groups of trained parameters.

    Each has `params`, `names` (upstream's), `lr` and `weight_decay`. Decayed and other parameters
    are apart. `mm_projector_lr` is the rate of names with `mm_projector` in them; `lr_multi`
    multiplies the rate of names that contain a key (the first that matches).

    Raises:
        UserError: `lr_multi` cannot be read.
    """
    decayed = decayed_names(model)
    if trains_bounds_alone(model):
        # the other words of the table would shrink, which nothing trains
        decayed.discard("language_model.model.embed_tokens.weight")
    factors = parse_multipliers(lr_multi)
    groups: dict[tuple[float, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        # the flags are the reference's, and so are the names that they match
        upstream = upstream_name(name)
        rate = learning_rate
        if mm_projector_lr is not None and "mm_projector" in upstream:
            rate = mm_projector_lr
        # on top of the projector's own rate, as in the reference
        rate *= _first_factor(factors, upstream)
        is_decayed = name in decayed
        group = groups.setdefault(
            (rate, is_decayed),
            {
                "params": [],
                "names": [],
                "lr": rate,
                "weight_decay": weight_decay if is_decayed else 0.0,
            },
        )
        group["params"].append(parameter)
        group["names"].append(upstream)
    if not groups:
        raise UserError("nothing is trained: every parameter is frozen by the flags given")
    return list(groups.values())


def _first_factor(factors: dict[str, float], name: str) -> float:
    for part, factor in factors.items():
        if part in name:
            return factor
    return 1.0
