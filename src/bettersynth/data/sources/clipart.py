"""Debian's clip art: openclipart drawings with their users' titles, tuxpaint stamps with a sentence each."""

from __future__ import annotations

import dataclasses
import html
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.sources.archives import read_members
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.settings.pool import ClipartSettings

OPENCLIPART, TUXPAINT = "openclipart-svg", "tuxpaint-stamps-default"
OPENCLIPART_FOLDER, TUXPAINT_FOLDER = "usr/share/openclipart/svg/", "usr/share/tuxpaint/stamps/"
WORK = re.compile(r"<(?:\w+:)?Work\b.*?</(?:\w+:)?Work>", re.DOTALL)
TITLE = re.compile(r"<dc:title[^>]*>(.*?)</dc:title>", re.DOTALL)
AGENT = re.compile(r"<(?:\w+:)?Agent\b.*?</(?:\w+:)?Agent>", re.DOTALL)
# Titles that say nothing of the picture: addresses, file names, numbers, place holders.
JUNK = re.compile(
    r"@|https?:|www\.|\.(?:svgz?|png|jpe?g|gif|ai|sxd)\b|^[\W\d_]*$"
    r"|^(?:untitled|unnamed|new document|no title|drawing|dibujo|title)\b|openclipart",
    re.IGNORECASE,
)
TAIL = re.compile(r"(?<=[a-zà-ž]{2})[\s-]*#?\d+$", re.IGNORECASE)  # a running number
CREDIT = re.compile(r"^clipart by [^-]* - ", re.IGNORECASE)
COMMON_WORD_USES = 12


def title_of(svg: str) -> str:
    """Return the title in a drawing's metadata as one line of plain text, "" where there is none worth the name."""
    work = WORK.search(svg)
    match = TITLE.search(AGENT.sub("", work.group())) if work else None
    if not match:
        return ""
    text = html.unescape(
        html.unescape(re.sub(r"<[^>]*>", " ", match.group(1)))
    )  # some were escaped twice
    title = TAIL.sub("", " ".join(text.replace("_", " ").split()))
    return "" if len(title) < 3 or JUNK.search(title) else title


def captions_of(titles: Mapping[str, str], max_title_uses: int) -> dict[str, str]:
    """Return a caption for each file (`folder/name` without ending) that has one: its title, or the words of its file name.

    The file name serves where a title names a whole collection: more than `max_title_uses` drawings share it, or more than one and it
    credits an author (`Clipart by NAME - the author's first drawing`). Words of many such file names, like the collection's, are left out.
    """
    uses = Counter(titles.values())
    collective = {
        file
        for file, title in titles.items()
        if uses[title] > (1 if CREDIT.match(title) else max_title_uses)
    }
    words = {
        file: re.findall(r"[a-zà-ž]+", PurePosixPath(file).name.lower())
        for file in sorted(collective)
    }
    common = Counter(word for names in words.values() for word in set(names))
    captions = {
        file: CREDIT.sub("", title) for file, title in titles.items() if file not in collective
    }
    captions |= {
        file: " ".join(word for word in names if word == "no" or common[word] <= COMMON_WORD_USES)
        for file, names in words.items()
    }
    return {file: caption for file, caption in captions.items() if len(caption) >= 3}


def _under(name: str, folders: Sequence[str]) -> bool:
    return any(name.startswith(f"{folder}/") for folder in folders)


def _split_off(pairs: list[Pair], pool: int, seed: int) -> list[Pair]:
    """Put `pool` pairs, drawn by a hash of seed and id, into the pool and the others into the reference split."""
    ranked = sorted(pairs, key=lambda pair: (zlib.crc32(f"{seed} {pair.id}".encode()), pair.id))
    return [
        dataclasses.replace(pair, split="pool" if k < pool else "reference")
        for k, pair in enumerate(ranked)
    ]


def _pair(
    source: str, stem: str, caption: str, kind: Literal["svg", "raster"], data: bytes
) -> Pair:
    name = f"{source}-{stem.replace('/', '-')}"
    return Pair(
        name, text_of_caption(caption), (Picture(f"{name}.png", kind, data),), "", source, source
    )


def read_openclipart(archive: Path, settings: ClipartSettings, seed: int) -> list[Pair]:
    """Return the titled drawings of openclipart: captions are their users' titles as they are, addresses and file names left out."""
    drawings: dict[str, bytes] = {}
    titles: dict[str, str] = {}
    for name, data in read_members(
        archive, lambda name: name.startswith(OPENCLIPART_FOLDER) and name.endswith(".svg")
    ):
        file = name[len(OPENCLIPART_FOLDER) : -len(".svg")]
        if len(data) > settings.max_svg_bytes or _under(file, settings.no_openclipart_folders):
            continue
        if title := title_of(data.decode("utf-8", "replace")):
            drawings[file], titles[file] = data, title
    captions = captions_of(titles, settings.max_title_uses)
    pairs = [
        _pair("openclipart", file, captions[file], "svg", data)
        for file, data in drawings.items()
        if file in captions
    ]
    return _split_off(pairs, settings.openclipart_pool, seed)


def read_tuxpaint(archive: Path, settings: ClipartSettings, seed: int) -> list[Pair]:
    """Return tuxpaint's stamps with their English sentence (the first line of the `.txt` beside the picture)."""
    pictures: dict[str, tuple[Literal["svg", "raster"], bytes]] = {}
    sentences: dict[str, str] = {}
    for name, data in read_members(
        archive,
        lambda name: name.startswith(TUXPAINT_FOLDER) and name.endswith((".svg", ".png", ".txt")),
    ):
        path = PurePosixPath(name[len(TUXPAINT_FOLDER) :])
        stem = str(path.with_suffix(""))
        if _under(stem, settings.no_tuxpaint_folders) or stem.endswith("_mirror"):
            continue
        if path.suffix == ".txt":
            sentences[stem] = data.decode("utf-8", "replace").split("\n")[0].strip()
        elif path.suffix == ".svg" or stem not in pictures:
            pictures[stem] = ("svg" if path.suffix == ".svg" else "raster", data)
    told = [(stem, *picture) for stem, picture in pictures.items() if sentences.get(stem)]
    return _split_off(
        [_pair("tuxpaint", stem, sentences[stem], kind, data) for stem, kind, data in told],
        settings.tuxpaint_pool,
        seed,
    )


def read_clipart_pairs(
    archives: Mapping[str, Path], settings: ClipartSettings, seed: int
) -> list[Pair]:
    """Return the pairs of the clip art packages that are there, split into `pool` and `reference`."""
    pairs = []
    if OPENCLIPART in archives:
        pairs += read_openclipart(archives[OPENCLIPART], settings, seed)
    if TUXPAINT in archives:
        pairs += read_tuxpaint(archives[TUXPAINT], settings, seed)
    return pairs
