"""The section `pool` of `params.yaml`: which pairs the pool takes, and how they are split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class ClipartSettings:
    """How many pictures of each package go to the stage-1 pool (the rest is reference), and what
    is left out.

    `no_openclipart_folders` and `no_tuxpaint_folders` are folders inside the packages' picture
    folders; `max_svg_bytes` bounds a drawing's file; a title that more than `max_title_uses`
    drawings share names a collection, and the file's name is taken instead.
    """

    BOUNDS: ClassVar = {
        "openclipart_pool": (0, 1_000_000),
        "tuxpaint_pool": (0, 1_000_000),
        "max_svg_bytes": (1, 2**30),
        "max_title_uses": (1, 1_000_000),
    }

    openclipart_pool: int
    tuxpaint_pool: int
    no_openclipart_folders: tuple[str, ...]
    no_tuxpaint_folders: tuple[str, ...]
    max_svg_bytes: int
    max_title_uses: int


@dataclass(frozen=True, kw_only=True)
class EmojiSettings:
    """Which emoji are concepts that questions may ask about, and how the pool's captions name them.

    `never_groups` (groups or subgroups) and labels that match `variants` (a regular expression)
    are left out altogether: flags, buttons, and the man/woman forms of a person.
    `no_concept_subgroups` and `no_concept_labels` make no concept because their pictures are nearly
    the same (faces, clocks, moons, coloured books); they serve the reference split.
    `instruction_share` of the concepts belong to stage 2. `caption_templates` are drawn from at
    random. `reference_knows_concepts`: the styles beside the pool's and the questions' go to the
    reference split for question concepts too, as CLIP has seen most things; without it the scorer
    must judge concepts it has never seen.
    """

    BOUNDS: ClassVar = {
        "instruction_share": (0, 1),
    }

    instruction_share: float
    reference_knows_concepts: bool
    never_groups: tuple[str, ...]
    variants: str
    no_concept_subgroups: tuple[str, ...]
    no_concept_labels: str
    caption_templates: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """The section `pool`.

    `longest_side`: pixels of a rendered drawing. `planted_share` (0-1): of the pool's captions, how
    many are swapped among each other; null plants half for clipart and emoji and none among the
    user's own pairs. `near_duplicate_bits`: pictures of two splits whose perceptual hashes differ
    in at most so many of 64 bits count as the same (-1: only identical bytes). `max_reject_share`:
    more unusable pairs than this share fail the step.
    """

    BOUNDS: ClassVar = {
        "longest_side": (16, 8192),
        "planted_share": (0, 1),
        "near_duplicate_bits": (-1, 64),
        "max_reject_share": (0, 1),
    }

    seed: int
    longest_side: int
    planted_share: float | None
    near_duplicate_bits: int
    max_reject_share: float
    clipart: ClipartSettings
    emoji: EmojiSettings
