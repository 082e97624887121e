"""Emoji as concepts in several drawing styles, named by emojibase.

The same thing is drawn by openmoji, fluent, noto and twemoji, and where their packages are there by
fluent-flat and emojione.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.sources.archives import read_json_members
from bettersynth.data.sources.emoji_drawings import OPENMOJI, STYLES, code_of, read_drawings
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.settings.pool import EmojiSettings

LABELS = "emojibase-data"
# a pattern that matches no text
NOTHING = r"(?!)"

# the pool's and the questions' styles differ, so that no question is answered by a remembered
# picture
POOL_STYLES = ("openmoji", "fluent")
# more of the pool, where their packages are there; a concept needs none of them
FURTHER_POOL_STYLES = ("fluent-flat", "emojione")
QUESTION_STYLE = "noto"


@dataclass(frozen=True)
class Emoji:
    """One emoji: English label, group and subgroup.

    `code` are its code points without variation selectors, such as `1F469-200D-1F33E`.
    """

    code: str
    label: str
    group: str
    subgroup: str


def read_emoji_pairs(
    archives: Mapping[str, Path], settings: EmojiSettings, seed: int
) -> list[Pair]:
    """Return the pictures of all emoji with their split.

    A concept (drawn in the pool's and the questions' styles) is either for instruction or for the
    questions. Question concepts: `benchmark` in the question style, `pool` in the pool's styles,
    `reference` in others if the settings say so. Instruction concepts: `instruction` in the pool's
    styles, `reference` in the others. Further styles of the pool are `pool` for both. What is no
    concept is `reference` in every style.

    Raises:
        UserError: a package lacks its list.
    """
    emojis = _wanted_emojis(archives, settings)
    drawings = read_drawings(archives, {emoji.code: emoji.label for emoji in emojis})
    kinds = {style.name: style.kind for style in STYLES}
    pairs = []
    for emoji in emojis:
        styles = [style for style in drawings if emoji.code in drawings[style]]
        concept = emoji.label if _is_concept(emoji, styles, settings) else ""
        for style in styles:
            split = split_of(style, concept, settings)
            if split:
                name = f"{style}-{emoji.code.lower()}"
                picture = Picture(f"{name}.png", kinds[style], drawings[style][emoji.code])
                text = _text(emoji.label, name, split, settings, seed)
                pair = Pair(name, text, (picture,), split, style, style, concept, emoji.group)
                pairs.append(pair)
    return pairs


def _wanted_emojis(archives: Mapping[str, Path], settings: EmojiSettings) -> list[Emoji]:
    """Return all emoji but those that the settings leave out altogether."""
    listed = read_emojis(archives[LABELS])
    labels = {emoji.label for emoji in listed}
    listed += [emoji for emoji in read_extras(archives[OPENMOJI]) if emoji.label not in labels]
    never = set(settings.never_groups)
    variants = re.compile(settings.variants or NOTHING)
    wanted = []
    for emoji in listed:
        left_out = {emoji.group, emoji.subgroup} & never
        if not left_out and not variants.search(emoji.label):
            wanted.append(emoji)
    return wanted


def _is_concept(emoji: Emoji, styles: list[str], settings: EmojiSettings) -> bool:
    """Whether questions may ask about it: drawn in the styles they need, and like no other."""
    needed = (*POOL_STYLES, QUESTION_STYLE)
    if not all(style in styles for style in needed):
        return False
    if emoji.subgroup in settings.no_concept_subgroups:
        return False
    return not re.search(settings.no_concept_labels or NOTHING, emoji.label)


def _text(label: str, name: str, split: str, settings: EmojiSettings, seed: int) -> str:
    """Return the text of a picture: its label, in the pool in one of the templates' words."""
    template = "{label}"
    if split == "pool":
        # a draw of its own: another emoji more or less moves no caption
        rng = np.random.default_rng([seed, zlib.crc32(f"caption {name}".encode())])
        templates = settings.caption_templates
        template = templates[int(rng.integers(len(templates)))]
    return text_of_caption(template.replace("{label}", label))


def split_of(style: str, concept: str, settings: EmojiSettings) -> str:
    """Return the split of a picture of a concept, "" where it is used nowhere.

    `concept` "" is one that questions never ask about.
    """
    if not concept:
        return "reference"
    # of instruction concepts too: what stage 2 asks about, stage 1 then knows in other styles
    if style in FURTHER_POOL_STYLES:
        return "pool"
    if is_instruction(concept, settings.instruction_share):
        return "instruction" if style in POOL_STYLES else "reference"
    if style in POOL_STYLES:
        return "pool"
    if style == QUESTION_STYLE:
        return "benchmark"
    return "reference" if settings.reference_knows_concepts else ""


def is_instruction(concept: str, share: float) -> bool:
    """Whether a concept belongs to stage 2's instruction data rather than to the questions.

    Its name alone decides.
    """
    # by a hash of the name: new emoji move no other concept
    return zlib.crc32(concept.encode()) % 10_000 < round(share * 10_000)


def read_emojis(archive: Path) -> list[Emoji]:
    """Return emojibase's English list without skin tones, in emojibase's order.

    Raises:
        UserError: the package lacks the English list.
    """
    data, messages = read_json_members(archive, "package/en/data.json", "package/en/messages.json")
    groups = {entry["order"]: entry["key"] for entry in messages["groups"]}
    subgroups = {entry["order"]: entry["key"] for entry in messages["subgroups"]}
    emojis = []
    for entry in data:
        # regional indicators have none
        if "group" in entry:
            group = groups[entry["group"]]
            subgroup = subgroups[entry["subgroup"]]
            code = code_of(entry["hexcode"])
            emojis.append(Emoji(code, entry["label"], group, subgroup))
    return emojis


def read_extras(archive: Path) -> list[Emoji]:
    """Return openmoji's own additions to Unicode's emoji, with their annotations as labels."""
    (data,) = read_json_members(archive, "package/data/openmoji.json")
    emojis = []
    for entry in data:
        if entry["group"].startswith("extras"):
            code, label = code_of(entry["hexcode"]), entry["annotation"]
            emojis.append(Emoji(code, label, entry["group"], entry["subgroups"]))
    return emojis
