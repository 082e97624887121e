"""Emoji as concepts in several drawing styles: the same thing drawn by openmoji, fluent and noto, named by emojibase."""

from __future__ import annotations

import dataclasses
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bettersynth.errors import UserError
from bettersynth.sources.archives import read_members
from bettersynth.sources.picture import Picture

LABELS = "emojibase-data"
# package -> (style, folder of its pictures, how a picture's name ends, kind)
STYLES = {
    "openmoji": ("openmoji", "package/color/svg/", ".svg", "svg"),
    "@lobehub/fluent-emoji-3d": ("fluent", "package/assets/", ".webp", "raster"),
    "emoji-datasource-google": ("noto", "package/img/google/64/", ".png", "raster"),
}
QUESTION_STYLE = "noto"


@dataclasses.dataclass(frozen=True)
class Emoji:
    """One emoji: code points without variation selectors (`1F469-200D-1F33E`), English label, group and subgroup."""

    code: str
    label: str
    group: str
    subgroup: str


def code_of(name: str) -> str:
    """Return the code points in a file name in one form: upper case, no leading zeros, no `FE0F`."""
    parts = name.upper().split("-")
    return "-".join(part.lstrip("0") for part in parts if part != "FE0F")


def read_emojis(archive: Path) -> list[Emoji]:
    """Return emojibase's English list without skin tones, in emojibase's order.

    Raises:
        UserError: the package lacks the English list.
    """
    files = dict(read_members(archive, lambda name: name in ("package/en/data.json", "package/en/messages.json")))
    if len(files) != 2:
        raise UserError(f"{archive} holds no package/en/data.json and messages.json; it must be the npm package {LABELS}")
    messages = json.loads(files["package/en/messages.json"])
    groups = {entry["order"]: entry["key"] for entry in messages["groups"]}
    subgroups = {entry["order"]: entry["key"] for entry in messages["subgroups"]}
    emojis = []
    for entry in json.loads(files["package/en/data.json"]):
        if "group" in entry:  # regional indicators have none
            group, subgroup = groups[entry["group"]], subgroups[entry["subgroup"]]
            emojis.append(Emoji(code_of(entry["hexcode"]), entry["label"], group, subgroup))
    return emojis


def read_drawings(archives: Mapping[str, Path], codes: set[str]) -> dict[str, dict[str, bytes]]:
    """Return `{style: {code: file bytes}}` of the wanted emoji for every style whose package is there."""
    drawings: dict[str, dict[str, bytes]] = {}
    for package, (style, folder, ending, _) in STYLES.items():
        if package in archives:

            def wanted(name: str, folder: str = folder, ending: str = ending) -> bool:
                return name.startswith(folder) and name.endswith(ending) and code_of(name[len(folder) : -len(ending)]) in codes

            members = read_members(archives[package], wanted)
            drawings[style] = {code_of(name[len(folder) : -len(ending)]): data for name, data in members}
    return drawings


@dataclasses.dataclass(frozen=True)
class EmojiSettings:
    """Which emoji are concepts that questions may ask about, and how captions name them.

    Groups, subgroups and labels (regular expressions, searched in the label) given here make no concept. Emoji of `never_groups` and
    labels of `variants` are left out altogether; the others serve the reference split.
    """

    instruction_share: float = 0.28
    never_groups: tuple[str, ...] = ("component", "flags", "symbols")
    variants: str = r"^(?:man|woman|men|women)\b.|: |^(?:deaf|old|pregnant) (?:man|woman)"
    no_concept_subgroups: tuple[str, ...] = (
        "face-smiling",
        "face-affection",
        "face-tongue",
        "face-hand",
        "face-neutral-skeptical",
        "face-sleepy",
        "face-unwell",
        "face-hat",
        "face-glasses",
        "face-concerned",
        "face-negative",
        "cat-face",
        "heart",
        "family",
        "person",
        "person-gesture",
        "person-symbol",
    )
    no_concept_labels: str = r"o’clock|-thirty|globe showing|moon|hourglass|book$|speaker"
    caption_templates: tuple[str, ...] = ("{label}", "{label}", "{label}", "a drawing of {label}", "a picture of {label}")


def is_instruction(concept: str, share: float) -> bool:
    """Whether a concept belongs to stage 2's instruction data rather than to the questions: decided by its name alone."""
    return zlib.crc32(concept.encode()) % 10_000 < round(share * 10_000)


def read_emoji_pictures(archives: Mapping[str, Path], settings: EmojiSettings, seed: int) -> list[Picture]:
    """Return the pictures of all emoji with their split.

    A concept (drawn in every style) is either for instruction or for the questions. Question concepts: `benchmark` in the question
    style, `pool` in the other styles. Instruction concepts: `instruction` in the other styles, `reference` in the question style.
    Everything that is no concept is `reference`.
    """
    variants = re.compile(settings.variants) if settings.variants else None
    emojis = [
        emoji
        for emoji in read_emojis(archives[LABELS])
        if emoji.group not in settings.never_groups and not (variants and variants.search(emoji.label))
    ]
    drawings = read_drawings(archives, {emoji.code for emoji in emojis})
    kinds = {style: kind for style, _, _, kind in STYLES.values()}
    no_concept = re.compile(settings.no_concept_labels) if settings.no_concept_labels else None
    pictures = []
    for emoji in emojis:
        styles = [style for style in drawings if emoji.code in drawings[style]]
        is_concept = (
            len(styles) == len(STYLES)
            and emoji.subgroup not in settings.no_concept_subgroups
            and not (no_concept and no_concept.search(emoji.label))
        )
        for style in styles:
            if not is_concept:
                split = "reference"
            elif is_instruction(emoji.label, settings.instruction_share):
                split = "reference" if style == QUESTION_STYLE else "instruction"
            else:
                split = "benchmark" if style == QUESTION_STYLE else "pool"
            name = f"{style}-{emoji.code.lower()}"
            rng = np.random.default_rng([seed, zlib.crc32(f"caption {name}".encode())])
            template = settings.caption_templates[int(rng.integers(len(settings.caption_templates)))]
            if split in ("benchmark", "instruction"):
                template = "{label}"
            pictures.append(
                Picture(
                    id=name,
                    caption=template.replace("{label}", emoji.label),
                    data=drawings[style][emoji.code],
                    kind=kinds[style],  # type: ignore[arg-type]
                    split=split,
                    source=style,
                    style=style,
                    concept=emoji.label if is_concept else "",
                    group=emoji.group,
                )
            )
    return pictures
