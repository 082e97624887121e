"""Debian's clip art: openclipart drawings with titles, tuxpaint stamps with a sentence each."""

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

OPENCLIPART, OPENCLIPART_FOLDER = "openclipart-svg", "usr/share/openclipart/svg/"
TUXPAINT, TUXPAINT_FOLDER = "tuxpaint-stamps-default", "usr/share/tuxpaint/stamps/"
# An RDF work with its title; an agent in it (author, publisher) has a title too: its name.
WORK = re.compile(r"<(?:\w+:)?Work\b.*?</(?:\w+:)?Work>", re.DOTALL)
TITLE = re.compile(r"<dc:title[^>]*>(.*?)</dc:title>", re.DOTALL)
AGENT = re.compile(r"<(?:\w+:)?Agent\b.*?</(?:\w+:)?Agent>", re.DOTALL)
# Titles that say nothing of the picture: addresses, file names, numbers, place holders.
JUNK = re.compile(
    r"@|https?:|www\.|\.(?:svgz?|png|jpe?g|gif|ai|sxd)\b|^[\W\d_]*$"
    r"|^(?:untitled|unnamed|new document|no title|drawing|dibujo|title)\b|openclipart",
    re.IGNORECASE,
)
# a running number
TAIL = re.compile(r"(?<=[a-zà-ž]{2})[\s-]*#?\d+$", re.IGNORECASE)
# one author's collection has it before each title
CREDIT = re.compile(r"^clipart by [^-]* - ", re.IGNORECASE)
# a word of more file names than that is a collection's
COMMON_WORD_USES = 12
# characters of a title or caption
SHORTEST = 3

Kind = Literal["svg", "raster"]


def read_clipart_pairs(
    archives: Mapping[str, Path], settings: ClipartSettings, seed: int
) -> list[Pair]:
    """Return the pairs of the clip art packages that are there, split into pool and reference."""
    pairs = []
    if OPENCLIPART in archives:
        pairs += read_openclipart(archives[OPENCLIPART], settings, seed)
    if TUXPAINT in archives:
        pairs += read_tuxpaint(archives[TUXPAINT], settings, seed)
    return pairs


def read_openclipart(archive: Path, settings: ClipartSettings, seed: int) -> list[Pair]:
    """Return the titled drawings of openclipart.

    Captions are their users' titles as they are, addresses and file names left out.
    """

    def is_drawing(name: str) -> bool:
        return name.startswith(OPENCLIPART_FOLDER) and name.endswith(".svg")

    drawings: dict[str, bytes] = {}
    titles: dict[str, str] = {}
    for name, data in read_members(archive, is_drawing):
        file = name.removeprefix(OPENCLIPART_FOLDER).removesuffix(".svg")
        if len(data) > settings.max_svg_bytes or _under(file, settings.no_openclipart_folders):
            continue
        title = title_of(data.decode("utf-8", "replace"))
        if title:
            drawings[file] = data
            titles[file] = title
    captions = captions_of(titles, settings.max_title_uses)
    pairs = []
    for file, data in drawings.items():
        if file in captions:
            pairs.append(_pair("openclipart", file, captions[file], "svg", data))
    return _split_off(pairs, settings.openclipart_pool, seed)


def title_of(svg: str) -> str:
    """Return the title in a drawing's metadata as one line of plain text.

    It is "" where there is none worth the name.
    """
    work = WORK.search(svg)
    if not work:
        return ""
    # without the agents, whose names are titles in the metadata too
    match = TITLE.search(AGENT.sub("", work.group()))
    if not match:
        return ""
    text = re.sub(r"<[^>]*>", " ", match.group(1))
    # some were escaped twice
    text = html.unescape(html.unescape(text))
    one_line = " ".join(text.replace("_", " ").split())
    title = TAIL.sub("", one_line)
    return "" if len(title) < SHORTEST or JUNK.search(title) else title


def captions_of(titles: Mapping[str, str], max_title_uses: int) -> dict[str, str]:
    """Return a caption for each file (`folder/name` without ending) that has one.

    It is the file's title, or the words of its name where a title names a whole collection: more
    than `max_title_uses` drawings share it, or more than one and it credits an author (`Clipart by
    NAME - the author's first drawing`). Words of many such names are the collection's, too.
    """
    collective = _collective_titles(titles, max_title_uses)
    captions = {}
    for file, title in titles.items():
        if file not in collective:
            captions[file] = CREDIT.sub("", title)
    captions |= _captions_of_names(sorted(collective))
    return {file: caption for file, caption in captions.items() if len(caption) >= SHORTEST}


def _collective_titles(titles: Mapping[str, str], max_title_uses: int) -> set[str]:
    """Return the files whose title names a collection."""
    uses = Counter(titles.values())
    collective = set()
    for file, title in titles.items():
        most = 1 if CREDIT.match(title) else max_title_uses
        if uses[title] > most:
            collective.add(file)
    return collective


def _captions_of_names(files: Sequence[str]) -> dict[str, str]:
    """Return the words of each file's name that few of the others hold."""
    words = {file: re.findall(r"[a-zà-ž]+", PurePosixPath(file).name.lower()) for file in files}
    uses: Counter[str] = Counter()
    for of_file in words.values():
        uses.update(set(of_file))
    captions = {}
    for file, of_file in words.items():
        # "no" turns a sign into its opposite, however many carry it
        own = [word for word in of_file if word == "no" or uses[word] <= COMMON_WORD_USES]
        captions[file] = " ".join(own)
    return captions


def read_tuxpaint(archive: Path, settings: ClipartSettings, seed: int) -> list[Pair]:
    """Return tuxpaint's stamps with their English sentence.

    It is the first line of the `.txt` beside the picture.
    """

    def is_stamp(name: str) -> bool:
        return name.startswith(TUXPAINT_FOLDER) and name.endswith((".svg", ".png", ".txt"))

    pictures: dict[str, tuple[Kind, bytes]] = {}
    sentences: dict[str, str] = {}
    for name, data in read_members(archive, is_stamp):
        path = PurePosixPath(name.removeprefix(TUXPAINT_FOLDER))
        stem = str(path.with_suffix(""))
        # a mirrored stamp is the same picture once more
        if _under(stem, settings.no_tuxpaint_folders) or stem.endswith("_mirror"):
            continue
        if path.suffix == ".txt":
            # English; translations follow, a line each
            first_line = data.decode("utf-8", "replace").split("\n")[0]
            sentences[stem] = first_line.strip()
        elif path.suffix == ".svg":
            # where there are both, the drawing counts
            pictures[stem] = ("svg", data)
        elif stem not in pictures:
            pictures[stem] = ("raster", data)
    pairs = []
    for stem, (kind, data) in pictures.items():
        if sentences.get(stem):
            pairs.append(_pair("tuxpaint", stem, sentences[stem], kind, data))
    return _split_off(pairs, settings.tuxpaint_pool, seed)


def _under(name: str, folders: Sequence[str]) -> bool:
    return any(name.startswith(f"{folder}/") for folder in folders)


def _pair(source: str, stem: str, caption: str, kind: Kind, data: bytes) -> Pair:
    """Return a pair of no split yet."""
    name = f"{source}-{stem.replace('/', '-')}"
    picture = Picture(f"{name}.png", kind, data)
    return Pair(name, text_of_caption(caption), (picture,), "", source, source)


def _split_off(pairs: list[Pair], pool: int, seed: int) -> list[Pair]:
    """Put `pool` pairs, drawn by a hash of seed and id, into the pool, the others aside.

    Those are the reference split.
    """

    def draw(pair: Pair) -> tuple[int, str]:
        # the id decides between equal hashes
        return zlib.crc32(f"{seed} {pair.id}".encode()), pair.id

    parted = []
    for place, pair in enumerate(sorted(pairs, key=draw)):
        split = "pool" if place < pool else "reference"
        parted.append(dataclasses.replace(pair, split=split))
    return parted
