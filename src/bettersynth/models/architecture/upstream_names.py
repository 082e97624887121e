"""The names of tensors: here, and in the reference's checkpoints."""

from __future__ import annotations

# (here, upstream)
# modules are named by what they do here; upstream's names only live in files
PREFIXES = (
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
# absent from files where it is tied to the embeddings
HEAD = "language_model.lm_head.weight"


def upstream_name(name: str) -> str:
    """Return upstream's name of a tensor of `MiniGemini` (other names stay)."""
    for here, upstream in PREFIXES:
        if name.startswith(here):
            return upstream + name.removeprefix(here)
    return name


def own_name(name: str) -> str:
    """Return the name here of a tensor of an upstream checkpoint."""
    # "model." begins most of upstream's prefixes: the longest that matches decides
    longest_first = sorted(PREFIXES, key=lambda pair: -len(pair[1]))
    for here, upstream in longest_first:
        if name.startswith(upstream):
            return here + name.removeprefix(upstream)
    return name
