"""Which settings decide how much work a stage has: what one unit of it costs, and how many units.

A unit is a sample, a caption, a visit: what the stage counts. A stage that counts nothing, or whose
count is known only when it runs, takes as long as before where both kinds are as before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from bettersynth.experiments.workflow.stage_inputs import value_at

# change what is drawn, never how much of it
DRAWN_BY = ("seed",)
# of these the number alone counts
COUNTED = ("seeds",)
POOL = ("source", "pool")
PICTURES = (*POOL, "instruction", "benchmark")
SLICE = (*POOL, "rewrite", "stats.image_text_similarity_filter", "scorer", "filter")
CAPTIONER = ("caption.captioner", "caption.settings", "captioner.width", "captioner.hidden")
TRAINING = (
    "batch_size accumulation optimizer template precision packing torch_compile attn_implementation"
    " gradient_checkpointing liger_kernel"
)


class Deciding(NamedTuple):
    """Dotted names in params.yaml: `unit` decide what a unit costs, `count` how many there are.

    `{item}` stands for what follows the @ of a stage's name.
    """

    unit: tuple[str, ...]
    count: tuple[str, ...] = ()


def _training(section: str) -> tuple[str, ...]:
    own = tuple(f"{section}.{name}" for name in TRAINING.split())
    return ("model", "towers", "launch.processes", *own)


# what learns from all of a split has no units of its own: its whole work stands under `unit`
DECIDING = {
    "fetch": Deciding(("source",)),
    "pool": Deciding(POOL),
    "instruction": Deciding((*POOL, "instruction")),
    "benchmark": Deciding((*POOL, "benchmark")),
    "towers": Deciding(("towers",)),
    "features": Deciding(("towers", "pool.longest_side"), PICTURES),
    "scorer": Deciding((*POOL, "towers", "scorer")),
    "captioner": Deciding((*POOL, "towers", "captioner")),
    "rewrite": Deciding(("rewrite",), POOL),
    "contamination": Deciding(("contamination",), (*PICTURES, "rewrite")),
    "stats": Deciding(("stats.{item}", "towers", "pool.longest_side"), POOL),
    "filter": Deciding(("stats",), POOL),
    "caption": Deciding(CAPTIONER, (*SLICE, "caption")),
    "draw": Deciding(("draw.mapper", "draw.settings"), (*SLICE, "draw")),
    "restats": Deciding(("stats", "towers"), (*SLICE, "caption", "draw")),
    "mix": Deciding((), (*POOL, "mix.visits", "draw.mapper")),
    "pretrain_lm": Deciding(("pretrain_lm",)),
    "pretrain": Deciding(_training("pretrain")),
    "finetune": Deciding((*_training("finetune"), "finetune.lora")),
    "predict": Deciding(("predict", "model", "towers"), (*POOL, "benchmark")),
    "score": Deciding(("score.bootstrap_draws",), (*POOL, "benchmark", "seeds")),
    "report": Deciding((), (*POOL, "stats", "seeds")),
}


class WorkSettings(NamedTuple):
    """Two digests, each of 16 hex digits: of what decides a unit's cost, and the units' number."""

    unit: str
    count: str


def work_settings(stage: str, params: Mapping[str, Any]) -> WorkSettings | None:
    """Return the digests of a stage under these settings, None where nobody says what decides."""
    step, _, item = stage.partition("@")
    deciding = DECIDING.get(step)
    if deciding is None:
        return None
    return WorkSettings(*(_digest(names, item, params) for names in deciding))


def _digest(names: tuple[str, ...], item: str, params: Mapping[str, Any]) -> str:
    values = {}
    for name in names:
        value = value_at(params, name.format(item=item))
        if name in COUNTED and isinstance(value, list):
            value = len(value)
        values[name] = _without_draws(value)
    content = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _without_draws(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_draws(inner) for name, inner in value.items() if name not in DRAWN_BY}
