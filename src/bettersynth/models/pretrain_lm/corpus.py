"""The text that nano's language model learns from: emoji names, stamps' sentences, clip-art titles.

Only words are read here, never a picture: the decoder may know what a concept is called, not what
it looks like.
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
# addresses, markup, years, authors and the like in clip-art titles and tags
_JUNK = re.compile(
    r"@|https?:|www\.|\.svg|\.png|hash\(|<|>|[|{}\\]|\d{4}|by [A-Z]"
    r"|Collection|gramastar|submission|sibmission",
    re.IGNORECASE,
)
# read of a file in a package: titles and tags stand at its start
MEMBER_BYTES = 12_000
LONGEST_TITLE = 60  # characters
# emojibase's numbers; 2 are components such as skin tones, which are no concepts
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
    """One named thing."""

    label: str  # what a caption calls it
    group: str  # emoji group, or folder of clip art
    tags: tuple[str, ...]  # words near to it


@dataclass(frozen=True)
class Corpus:
    """All that is learned from: `clipart` are titles, with the folder as their group."""

    concepts: tuple[Concept, ...]
    sentences: tuple[str, ...]
    clipart: tuple[Concept, ...]


def read_corpus(archives: Path) -> Corpus:
    """Read every text source found in the folder of fetched archives.

    Raises:
        UserError: the emoji names are missing (the other sources are optional).
    """
    return Corpus(
        concepts=tuple(_emoji(archives)),
        sentences=tuple(_stamp_sentences(archives)),
        clipart=tuple(_clipart_titles(archives)),
    )


def _newest(archives: Path, pattern: str) -> Path | None:
    paths = sorted(archives.glob(pattern))
    return paths[-1] if paths else None


def _emoji(archives: Path) -> Iterator[Concept]:
    path = _newest(archives, "emojibase-data-*.tgz")
    if path is None:
        raise UserError(
            f"{archives} holds no emojibase-data-*.tgz; fetch the archives first: "
            "python -m bettersynth.steps.fetch"
        )
    files = dict(read_members(path, lambda name: name == "package/en/data.json"))
    if not files:
        raise UserError(
            f"{path} holds no package/en/data.json; it must be the npm package emojibase-data"
        )
    entries = json.loads(files["package/en/data.json"])
    seen = set()
    for entry in entries:
        label = entry["label"]
        group = _GROUP_NAMES.get(entry.get("group", -1))
        if group is None or label in seen:
            continue
        seen.add(label)
        yield Concept(label, group, tuple(entry.get("tags", ())))


def _stamp_sentences(archives: Path) -> Iterator[str]:
    path = _newest(archives, "tuxpaint-stamps-default_*.deb")
    seen = set()
    for _, text in _deb_texts(path, ".txt") if path else ():
        # the first line is English; translations follow
        first_line = text.split("\n", 1)[0]
        sentence = " ".join(first_line.split())
        if 2 < len(sentence) < 200 and sentence not in seen:
            seen.add(sentence)
            yield sentence


def _clipart_titles(archives: Path) -> Iterator[Concept]:
    path = _newest(archives, "openclipart-svg_*.deb")
    seen = set()
    for name, text in _deb_texts(path, ".svg") if path else ():
        match = re.search(r"<dc:title>([^<]+)</dc:title>", text)
        title = " ".join(match[1].split()) if match else ""
        tags = _tags(text)
        if _is_title(title) and (title, tags) not in seen:
            seen.add((title, tags))
            yield Concept(title, Path(name).parent.name, tags)


def _is_title(text: str) -> bool:
    if not WORD.search(text) or _JUNK.search(text):
        return False
    return len(text) <= LONGEST_TITLE


def _tags(svg: str) -> tuple[str, ...]:
    tags = re.findall(r"<rdf:li>([^<]+)</rdf:li>", svg)
    return tuple(tag.replace("_", " ") for tag in tags if not _JUNK.search(tag))


def _deb_texts(path: Path, suffix: str) -> Iterator[tuple[str, str]]:
    """Yield (member name, text) of the files with `suffix` in a Debian package, in name order."""
    members = read_members(
        path, lambda name: name.endswith(suffix) and not name.startswith("usr/share/doc")
    )
    texts = []
    for name, data in members:
        text = data[:MEMBER_BYTES].decode("utf-8", errors="replace")
        texts.append((name, text))
    # a package's own order may change from build to build
    yield from sorted(texts)
