"""The section `pool` of `params.yaml`: which pairs the pool takes, and how they are split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from bettersynth.errors import UserError

# where a caption's template has the emoji's name
LABEL = "{label}"


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
    `instruction_share` of the concepts belong to stage 2. `caption_templates`, each with `{label}`,
    are drawn from at random. `reference_knows_concepts`: the styles beside the pool's and the
    questions' go to the reference split for question concepts too, as CLIP has seen most things;
    without it the scorer must judge concepts it has never seen.
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

    def __post_init__(self) -> None:
        _require_pattern(self.variants, "variants")
        _require_pattern(self.no_concept_labels, "no_concept_labels")
        _require_templates(self.caption_templates)


def _require_pattern(pattern: str, setting: str) -> None:
    """Pass if a setting of `pool.emoji` is a regular expression.

    Raises:
        UserError: it is none; the place of the fault is named.
    """
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UserError(
            f"params.yaml: pool.emoji.{setting} must be a regular expression, or empty; "
            f"{pattern!r} is none: {error}"
        ) from None


def _require_templates(templates: tuple[str, ...]) -> None:
    """Pass if there are templates and each takes the emoji's name.

    Raises:
        UserError: there is none, or one would give every emoji the same caption.
    """
    where = "params.yaml: pool.emoji.caption_templates"
    if not templates:
        raise UserError(f'{where} is empty; give one at least, such as "{LABEL}"')
    for place, template in enumerate(templates):
        if LABEL not in template:
            raise UserError(
                f"{where}[{place}] is {template!r}; it must hold {LABEL}, where the emoji's name "
                "goes, or all emoji would get the same caption"
            )


@dataclass(frozen=True, kw_only=True)
class PoolSettings:
    """The section `pool`.

    `longest_side`: pixels of a rendered drawing. `planted_share` (0-1): of the pool's captions, how
    many are swapped among each other; null plants half for clipart and emoji and none among the
    user's own pairs. `near_duplicate_bits`: pictures of two splits whose perceptual hashes differ
    in at most so many of 64 bits count as the same (-1: only identical bytes). `max_reject_share`:
    more unusable pairs than this share fail the step. `shard_mb`: a tar file of pictures is at most
    so large (10^6 bytes), unless one picture alone is larger.
    """

    BOUNDS: ClassVar = {
        "longest_side": (16, 8192),
        "planted_share": (0, 1),
        "near_duplicate_bits": (-1, 64),
        "max_reject_share": (0, 1),
        "shard_mb": (1, 1_000_000),
    }

    seed: int
    longest_side: int
    planted_share: float | None
    near_duplicate_bits: int
    max_reject_share: float
    shard_mb: int
    clipart: ClipartSettings
    emoji: EmojiSettings
