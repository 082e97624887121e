"""The section `pool` of `params.yaml`: which pairs the pool takes, and how they are split."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClipartSettings:
    """How many pictures of each package go to the stage-1 pool (the rest is reference), and what is left out.

    `no_openclipart_folders` and `no_tuxpaint_folders` are folders inside the packages' picture folders; `max_svg_bytes` bounds a
    drawing's file; a title that more than `max_title_uses` drawings share names a collection, and the file's name is taken instead.
    """

    openclipart_pool: int = 1000
    tuxpaint_pool: int = 620
    no_openclipart_folders: tuple[str, ...] = (
        "computer/icons",
        "recreation/games/cards",
        "shapes/stars",
        "special/gradients",
        "special/patterns",
        "signs_and_symbols/flags",
        "signs_and_symbols/led",
    )
    no_tuxpaint_folders: tuple[str, ...] = ("symbols/alphabets",)
    max_svg_bytes: int = 400_000
    max_title_uses: int = 4


@dataclass(frozen=True)
class EmojiSettings:
    """Which emoji are concepts that questions may ask about, and how the pool's captions name them.

    `never_groups` (groups or subgroups) and labels that match `variants` (a regular expression) are left out altogether: flags,
    buttons, and the man/woman forms of a person. `no_concept_subgroups` and `no_concept_labels` make no concept because their
    pictures are nearly the same (faces, clocks, moons, coloured books); they serve the reference split. `instruction_share` of the
    concepts belong to stage 2. `caption_templates` are drawn from at random. `reference_knows_concepts`: the styles beside the pool's
    and the questions' go to the reference split for question concepts too, as CLIP has seen most things; without it the scorer must
    judge concepts it has never seen.
    """

    instruction_share: float = 0.28
    reference_knows_concepts: bool = True
    never_groups: tuple[str, ...] = (
        "component",
        "flags",
        "symbols",
        "brand",
        "interaction",
        "queer-symbols",
        "regional-indicator",
        "subdivision-flag",
        "symbol-other",
        "ui-element",
    )
    variants: str = r"\b(?:man|woman|men|women|male|female)\b(?!.* and )|: "
    no_concept_subgroups: tuple[str, ...] = (
        "cat-face",
        "face-affection",
        "face-concerned",
        "face-glasses",
        "face-hand",
        "face-hat",
        "face-negative",
        "face-neutral-skeptical",
        "face-sleepy",
        "face-smiling",
        "face-tongue",
        "face-unwell",
        "family",
        "heart",
        "person",
        "person-gesture",
        "person-symbol",
    )
    no_concept_labels: str = (
        r"o’clock|-thirty|globe|moon|hourglass|book$|speaker|(?<!clown) face$|wards|pointing|palms? |mailbox|banknote|place medal"
        r"|^merm(?:an|aid)$|^umbrella |envelope|tray$|without snow|^oncoming (?!fist)|^small airplane|^airplane |^low battery|with flash"
        r"|^houses|^house with|^musical notes|over mountains|^vertical traffic|^tram car|^old key|^locked|^unlocked|tear-off|with arrow$"
    )
    caption_templates: tuple[str, ...] = (
        "{label}",
        "{label}",
        "{label}",
        "a drawing of {label}",
        "a picture of {label}",
    )


@dataclass(frozen=True)
class PoolSettings:
    """The section `pool`.

    `longest_side`: pixels of a rendered drawing. `planted_share` (0-1): of the pool's captions, how many are swapped among each other;
    null plants half for clipart and emoji and none among the user's own pairs. `near_duplicate_bits`: pictures of two splits whose
    perceptual hashes differ in at most so many of 64 bits count as the same (-1: only identical bytes). `max_reject_share`: more
    unusable pairs than this share fail the step.
    """

    seed: int = 0
    longest_side: int = 160
    planted_share: float | None = None
    near_duplicate_bits: int = 4
    max_reject_share: float = 0.1
    clipart: ClipartSettings = field(default_factory=ClipartSettings)
    emoji: EmojiSettings = field(default_factory=EmojiSettings)
