"""Weights under upstream's names: reading whole models and stage-1 files, and writing them back.

This project's own folders use the same names, so that any of them loads in the reference's code and the other way round.
"""

from __future__ import annotations

import re
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from bettersynth.errors import UserError
from bettersynth.files import complete_or_absent, write_json
from bettersynth.model.mini_gemini import MiniGemini
from bettersynth.model.weights import load_into, read_weights

PREFIXES = (  # (here, upstream)
    ("language_model.lm_head.", "lm_head."),
    ("language_model.model.", "model."),
    ("mm_projector.", "model.mm_projector."),
    ("mining.query.", "model.vlm_uni_query_projector."),
    ("mining.aux.", "model.vlm_uni_aux_projector."),
    ("mining.val.", "model.vlm_uni_val_projector."),
    ("vision_tower.clip.", "model.vision_tower.vision_tower.vision_model."),
    ("vision_tower_aux.", "model.vision_tower_aux."),
)
STAGE_ONE = ("mm_projector.", "mining.")
TOWERS = ("vision_tower.", "vision_tower_aux.")


def upstream_name(name: str) -> str:
    """Return upstream's name of a tensor of `MiniGemini` (other names stay)."""
    for here, upstream in PREFIXES:
        if name.startswith(here):
            return upstream + name.removeprefix(here)
    return name


def own_name(name: str) -> str:
    """Return the name here of a tensor of an upstream checkpoint (the longest matching prefix decides)."""
    for here, upstream in sorted(PREFIXES, key=lambda pair: -len(pair[1])):
        if name.startswith(upstream):
            return here + name.removeprefix(upstream)
    return name


def upstream_state(model: MiniGemini, towers: bool = True, only: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """Return the model's tensors under upstream's names; a head tied to the embeddings is left out, as upstream's files do.

    `towers=False` leaves both towers out; `only` keeps names here with these prefixes.
    """
    tied = model.language_model.config.tie_word_embeddings
    state = {}
    for name, value in model.state_dict().items():
        if (tied and name == "language_model.lm_head.weight") or (not towers and name.startswith(TOWERS)):
            continue
        if only and not name.startswith(only):
            continue
        state[upstream_name(name)] = value.detach().contiguous()
    return state


def load_upstream(model: MiniGemini, place: str | Path) -> None:
    """Fill `model` from a file or folder under upstream's names. Towers may be absent from it: then the model's own stay.

    Raises:
        UserError: a tensor is missing, unknown or of another shape.
    """
    weights = {own_name(name): value for name, value in read_weights(place).items()}
    weights = {name: value for name, value in weights.items() if not re.search(r"(embeddings\.position_ids|rotary_emb\.inv_freq)$", name)}
    for prefix, tower in zip(TOWERS, (model.vision_tower, model.vision_tower_aux), strict=True):
        if tower is None:
            weights = {name: value for name, value in weights.items() if not name.startswith(prefix)}
    optional = tuple(name for name in model.state_dict() if name.startswith(TOWERS))
    if model.language_model.config.tie_word_embeddings:
        optional += ("language_model.lm_head.weight",)
        weights.pop("language_model.lm_head.weight", None)
    load_into(model, weights, str(place), optional, upstream_name)
    model.language_model.tie_weights()


def load_stage_one(model: MiniGemini, place: str | Path) -> None:
    """Fill projector and mining from a stage-1 file: this project's `projector.safetensors` or upstream's `mm_projector.bin`.

    Upstream's file also holds the towers, which do not change in stage 1; they are passed over.

    Raises:
        UserError: one of the 16 tensors (for mlp2x_gelu) is missing or of another shape.
    """
    weights = {}
    for name, value in read_weights(place).items():
        match = re.search(r"(mm_projector|vlm_uni_(query|aux|val)_projector)\..+$", name)
        if match:
            weights[own_name(f"model.{match[0]}")] = value
    optional = tuple(name for name in model.state_dict() if not name.startswith(STAGE_ONE))
    load_into(model, weights, str(place), optional, upstream_name)


def save_stage_one(model: MiniGemini, path: str | Path) -> None:
    """Write projector and mining (16 tensors with mlp2x_gelu) under upstream's names as safetensors."""
    _save(upstream_state(model, only=STAGE_ONE), path)


def save_upstream(model: MiniGemini, folder: str | Path, towers: bool = False) -> None:
    """Write `config.json` and `model.safetensors` under upstream's names; `from_upstream` and the reference's code read them."""
    _save(upstream_state(model, towers), Path(folder) / "model.safetensors")
    write_json(Path(folder) / "config.json", model.architecture.to_dict())


def _save(state: dict[str, Tensor], path: str | Path) -> None:
    if not state:
        raise UserError(f"there is nothing to write to {path}")
    with complete_or_absent(path) as temporary:
        save_file({name: value.cpu() for name, value in state.items()}, temporary, metadata={"format": "pt"})
