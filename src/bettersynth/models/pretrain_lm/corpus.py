"""The text that the nano language model learns from: emoji names, sentences about stamps, clip-art titles.

Only words are read here, never a picture: the decoder may know what a concept is called, not what it looks like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.sources.archives import read_members
from bettersynth.errors import UserError

WORD = re.compile(r"[^\W\d_]+")
_JUNK = re.compile(
    r"@|https?:|www\.|\.svg|\.png|hash\(|<|>|[|{}\\]|\d{4}|by [A-Z]|Collection|gramastar|submission|sibmission",
    re.IGNORECASE,
)
_GROUP_NAMES = {
    0: "smileys",
    1: "people",
    3: "animals",
    4: "food",
    5: "travel",
    6: "activities",
    7: "objects",
    8: "symbols",
    9: "flags",
}


@dataclass(frozen=True)
class Concept:
    """One named thing: `label` is what a caption calls it, `tags` are words near to it, `group` is its emoji group."""

    label: str
    group: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Corpus:
    concepts: tuple[Concept, ...]
    sentences: tuple[str, ...]
    clipart: tuple[Concept, ...]


def read_corpus(archives: Path) -> Corpus:
    """Read every text source found in the folder of fetched archives.

    Raises:
        UserError: the emoji names are missing (the other sources are optional).
    """
    return Corpus(
        tuple(_emoji(archives)), tuple(_stamp_sentences(archives)), tuple(_clipart_titles(archives))
    )


def _only(archives: Path, pattern: str) -> Path | None:
    found = sorted(archives.glob(pattern))
    return found[-1] if found else None


def _emoji(archives: Path) -> Iterator[Concept]:
    path = _only(archives, "emojibase-data-*.tgz")
    if path is None:
        raise UserError(
            f"{archives} holds no emojibase-data-*.tgz; fetch the archives first: python -m bettersynth.steps.fetch"
        )
    files = dict(read_members(path, lambda name: name == "package/en/data.json"))
    if not files:
        raise UserError(
            f"{path} holds no package/en/data.json; it must be the npm package emojibase-data"
        )
    entries = json.loads(files["package/en/data.json"])
    seen = set()
    for entry in entries:
        label, group = entry["label"], _GROUP_NAMES.get(entry.get("group", -1))
        if group is None or label in seen:
            continue
        seen.add(label)
        yield Concept(label, group, tuple(entry.get("tags", ())))


def _stamp_sentences(archives: Path) -> Iterator[str]:
    path = _only(archives, "tuxpaint-stamps-default_*.deb")
    seen = set()
    for _, text in _deb_texts(path, ".txt") if path else ():
        sentence = " ".join(text.split("\n", 1)[0].split())
        if 2 < len(sentence) < 200 and sentence not in seen:
            seen.add(sentence)
            yield sentence


def _clipart_titles(archives: Path) -> Iterator[Concept]:
    path = _only(archives, "openclipart-svg_*.deb")
    seen = set()
    for name, text in _deb_texts(path, ".svg") if path else ():
        found = re.search(r"<dc:title>([^<]+)</dc:title>", text)
        title = " ".join(found[1].split()) if found else ""
        tags = tuple(
            t.replace("_", " ")
            for t in re.findall(r"<rdf:li>([^<]+)</rdf:li>", text)
            if not _JUNK.search(t)
        )
        if (
            WORD.search(title)
            and len(title) <= 60
            and not _JUNK.search(title)
            and (title, tags) not in seen
        ):
            seen.add((title, tags))
            yield Concept(title, Path(name).parent.name, tags)


def _deb_texts(path: Path, suffix: str) -> Iterator[tuple[str, str]]:
    """Yield (member name, first 12,000 characters) of the files with `suffix` in a Debian package, in name order."""
    members = read_members(
        path, lambda name: name.endswith(suffix) and not name.startswith("usr/share/doc")
    )
    yield from sorted(
        (name, data[:12_000].decode("utf-8", errors="replace")) for name, data in members
    )
