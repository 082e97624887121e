"""Emoji as concepts in several drawing styles: the same thing drawn by openmoji, fluent, noto and twemoji, named by emojibase."""

from __future__ import annotations

import dataclasses
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.sources.archives import read_members
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.errors import UserError
from bettersynth.settings.pool import EmojiSettings

LABELS = "emojibase-data"
OPENMOJI = "openmoji"


@dataclasses.dataclass(frozen=True)
class Style:
    """Where a style's pictures are: npm package, folder and ending of its files, how they are to be rendered."""

    name: str
    package: str
    folder: str
    ending: str
    kind: Literal["svg", "raster"]


STYLES = (
    Style("openmoji", OPENMOJI, "package/color/svg/", ".svg", "svg"),
    Style("fluent", "@lobehub/fluent-emoji-3d", "package/assets/", ".webp", "raster"),
    Style("noto", "@iconify-json/noto", "package/", ".json", "svg"),
    Style("twemoji", "@twemoji/svg", "package/", ".svg", "svg"),
)
POOL_STYLES = ("openmoji", "fluent")
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


def _read_json_members(archive: Path, *names: str) -> list[Any]:
    files = dict(read_members(archive, lambda name: name in names))
    for name in names:
        if name not in files:
            raise UserError(f"{archive} holds no {name}; put the package's original file there")
    return [json.loads(files[name]) for name in names]


def read_emojis(archive: Path) -> list[Emoji]:
    """Return emojibase's English list without skin tones, in emojibase's order.

    Raises:
        UserError: the package lacks the English list.
    """
    data, messages = _read_json_members(archive, "package/en/data.json", "package/en/messages.json")
    groups = {entry["order"]: entry["key"] for entry in messages["groups"]}
    subgroups = {entry["order"]: entry["key"] for entry in messages["subgroups"]}
    named = [entry for entry in data if "group" in entry]  # regional indicators have none
    return [
        Emoji(code_of(e["hexcode"]), e["label"], groups[e["group"]], subgroups[e["subgroup"]])
        for e in named
    ]


def read_extras(archive: Path) -> list[Emoji]:
    """Return openmoji's own additions to Unicode's emoji, with their annotations as labels."""
    (data,) = _read_json_members(archive, "package/data/openmoji.json")
    extras = [entry for entry in data if entry["group"].startswith("extras")]
    return [
        Emoji(code_of(e["hexcode"]), e["annotation"], e["group"], e["subgroups"]) for e in extras
    ]


def _read_iconify(archive: Path, codes: set[str]) -> dict[str, bytes]:
    """Return the wanted drawings of an icon collection that keeps all of them in one JSON file."""
    icons, chars = _read_json_members(archive, "package/icons.json", "package/chars.json")
    drawings = {}
    for name, icon_name in chars.items():
        code = code_of(name)
        icon_name = icons.get("aliases", {}).get(icon_name, {}).get("parent", icon_name)
        icon = icons["icons"].get(icon_name)
        if code in codes and icon:
            left, top = icon.get("left", 0), icon.get("top", 0)
            width, height = icon.get("width", icons["width"]), icon.get("height", icons["height"])
            box = f"{left} {top} {width} {height}"
            name_space = (
                'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            )
            drawings[code] = f'<svg {name_space} viewBox="{box}">{icon["body"]}</svg>'.encode()
    return drawings


def read_drawings(archives: Mapping[str, Path], codes: set[str]) -> dict[str, dict[str, bytes]]:
    """Return `{style: {code: file bytes}}` of the wanted emoji for every style whose package is there."""
    drawings: dict[str, dict[str, bytes]] = {}
    for style in STYLES:
        if style.package not in archives:
            continue
        if style.ending == ".json":
            drawings[style.name] = _read_iconify(archives[style.package], codes)
            continue
        start, end = len(style.folder), -len(style.ending)
        members = read_members(
            archives[style.package],
            lambda name, style=style: name.startswith(style.folder) and name.endswith(style.ending),  # type: ignore[misc]
        )
        drawings[style.name] = {
            code_of(name[start:end]): data
            for name, data in members
            if code_of(name[start:end]) in codes
        }
    return drawings


def is_instruction(concept: str, share: float) -> bool:
    """Whether a concept belongs to stage 2's instruction data rather than to the questions: decided by its name alone."""
    return zlib.crc32(concept.encode()) % 10_000 < round(share * 10_000)


def split_of(style: str, concept: str, settings: EmojiSettings) -> str:
    """Return the split of a picture of a concept, "" where it is used nowhere; `concept` "" is one that questions never ask about."""
    if not concept:
        return "reference"
    if is_instruction(concept, settings.instruction_share):
        return "instruction" if style in POOL_STYLES else "reference"
    if style in POOL_STYLES:
        return "pool"
    if style == QUESTION_STYLE:
        return "benchmark"
    return "reference" if settings.reference_knows_concepts else ""


def read_emoji_pairs(
    archives: Mapping[str, Path], settings: EmojiSettings, seed: int
) -> list[Pair]:
    """Return the pictures of all emoji with their split.

    A concept (drawn in the pool's and the questions' styles) is either for instruction or for the questions. Question concepts:
    `benchmark` in the question style, `pool` in the pool's styles, `reference` in others if the settings say so. Instruction
    concepts: `instruction` in the pool's styles, `reference` in the others. What is no concept is `reference` in every style.
    """
    variants = re.compile(settings.variants or r"(?!)")
    no_concept = re.compile(settings.no_concept_labels or r"(?!)")
    listed = read_emojis(archives[LABELS])
    known = {emoji.label for emoji in listed}
    listed += [emoji for emoji in read_extras(archives[OPENMOJI]) if emoji.label not in known]
    never = set(settings.never_groups)
    emojis = [
        emoji
        for emoji in listed
        if not {emoji.group, emoji.subgroup} & never and not variants.search(emoji.label)
    ]
    drawings = read_drawings(archives, {emoji.code for emoji in emojis})
    kinds = {style.name: style.kind for style in STYLES}
    pairs = []
    for emoji in emojis:
        styles = [style for style in drawings if emoji.code in drawings[style]]
        complete = all(style in styles for style in (*POOL_STYLES, QUESTION_STYLE))
        alike = emoji.subgroup in settings.no_concept_subgroups or no_concept.search(emoji.label)
        concept = emoji.label if complete and not alike else ""
        for style in styles:
            split = split_of(style, concept, settings)
            if not split:
                continue
            name = f"{style}-{emoji.code.lower()}"
            template = "{label}"
            if split == "pool":
                rng = np.random.default_rng([seed, zlib.crc32(f"caption {name}".encode())])
                template = settings.caption_templates[
                    int(rng.integers(len(settings.caption_templates)))
                ]
            picture = Picture(f"{name}.png", kinds[style], drawings[style][emoji.code])
            text = text_of_caption(template.replace("{label}", emoji.label))
            pairs.append(Pair(name, text, (picture,), split, style, style, concept, emoji.group))
    return pairs
