"""Debian's clip art: openclipart drawings with their users' titles, tuxpaint stamps with a sentence each."""

from __future__ import annotations

import dataclasses
import html
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from bettersynth.sources.archives import read_members
from bettersynth.sources.picture import Picture

OPENCLIPART, TUXPAINT = "openclipart-svg", "tuxpaint-stamps-default"
OPENCLIPART_FOLDER, TUXPAINT_FOLDER = "usr/share/openclipart/svg/", "usr/share/tuxpaint/stamps/"
WORK = re.compile(r"<(?:\w+:)?Work\b.*?</(?:\w+:)?Work>", re.DOTALL)
TITLE = re.compile(r"<dc:title[^>]*>(.*?)</dc:title>", re.DOTALL)
AGENT = re.compile(r"<(?:\w+:)?Agent\b.*?</(?:\w+:)?Agent>", re.DOTALL)
# Titles that say nothing of the picture: addresses, file names, numbers, place holders.
JUNK = re.compile(
    r"@|https?:|www\.|\.(?:svgz?|png|jpe?g|gif|ai|sxd)\b|^[\W\d_]*$|^(?:untitled|unnamed|new document|no title|drawing|dibujo|title)\b|openclipart",
    re.IGNORECASE,
)
CREDIT = re.compile(r"^clipart by [^-]* - ", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class ClipartSettings:
    """How many pictures of each package go to the stage-1 pool (the rest is reference), and what is left out.

    `no_openclipart_folders` and `no_tuxpaint_folders` are folders inside the packages' picture folders; `max_svg_bytes` bounds a
    drawing's file; a title that more than `max_title_uses` drawings share names a collection, not a picture.
    """

    openclipart_pool: int = 1000
    tuxpaint_pool: int = 620
    no_openclipart_folders: tuple[str, ...] = (
        "computer/icons",
        "recreation/games/cards",
        "shapes/stars",
        "special/gradients",
        "special/patterns",
    )
    no_tuxpaint_folders: tuple[str, ...] = ("symbols/alphabets",)
    max_svg_bytes: int = 400_000
    max_title_uses: int = 4


def title_of(svg: str) -> str:
    """Return the title in a drawing's metadata as one line of plain text, "" where there is none worth the name."""
    work = WORK.search(svg)
    match = TITLE.search(AGENT.sub("", work.group())) if work else None
    if not match:
        return ""
    title = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", match.group(1))).replace("_", " ").split())
    title = CREDIT.sub("", title)
    return "" if len(title) < 3 or JUNK.search(title) else title


def _under(name: str, folders: Sequence[str]) -> bool:
    return any(name.startswith(f"{folder}/") for folder in folders)


def _split_off(pictures: list[Picture], pool: int, seed: int) -> list[Picture]:
    """Put `pool` pictures, drawn by a hash of seed and id, into the pool and the others into the reference split."""
    ranked = sorted(pictures, key=lambda picture: (zlib.crc32(f"{seed} {picture.id}".encode()), picture.id))
    return [dataclasses.replace(picture, split="pool" if k < pool else "reference") for k, picture in enumerate(ranked)]


def read_openclipart(archive: Path, settings: ClipartSettings, seed: int) -> list[Picture]:
    """Return the titled drawings of openclipart: captions are their users' titles as they are, addresses and file names left out."""
    pictures = []
    uses: Counter[str] = Counter()

    def wanted(name: str) -> bool:
        return name.startswith(OPENCLIPART_FOLDER) and name.endswith(".svg")

    for name, data in read_members(archive, wanted):
        inside = name[len(OPENCLIPART_FOLDER) : -len(".svg")]
        if len(data) > settings.max_svg_bytes or _under(inside, settings.no_openclipart_folders):
            continue
        title = title_of(data.decode("utf-8", "replace"))
        if title:
            uses[title] += 1
            pictures.append(Picture(f"openclipart-{inside.replace('/', '-')}", title, data, "svg", "", "openclipart", "openclipart"))
    told = [picture for picture in pictures if uses[picture.caption] <= settings.max_title_uses]
    return _split_off(told, settings.openclipart_pool, seed)


def read_tuxpaint(archive: Path, settings: ClipartSettings, seed: int) -> list[Picture]:
    """Return tuxpaint's stamps with their English sentence (the first line of the `.txt` beside the picture)."""
    images: dict[str, tuple[str, bytes]] = {}
    sentences: dict[str, str] = {}
    for name, data in read_members(archive, lambda name: name.startswith(TUXPAINT_FOLDER) and name.endswith((".svg", ".png", ".txt"))):
        path = PurePosixPath(name[len(TUXPAINT_FOLDER) :])
        stem = str(path.with_suffix(""))
        if _under(stem, settings.no_tuxpaint_folders) or stem.endswith("_mirror"):
            continue
        if path.suffix == ".txt":
            sentences[stem] = data.decode("utf-8", "replace").split("\n")[0].strip()
        elif path.suffix == ".svg" or stem not in images:
            images[stem] = (path.suffix, data)
    pictures = []
    for stem, (suffix, data) in images.items():
        if sentences.get(stem):
            kind = "svg" if suffix == ".svg" else "raster"
            picture = Picture(f"tuxpaint-{stem.replace('/', '-')}", sentences[stem], data, kind, "", "tuxpaint", "tuxpaint")
            pictures.append(picture)
    return _split_off(pictures, settings.tuxpaint_pool, seed)


def read_clipart(archives: Mapping[str, Path], settings: ClipartSettings, seed: int) -> list[Picture]:
    """Return the pictures of the clip art packages that are there."""
    pictures = []
    if OPENCLIPART in archives:
        pictures += read_openclipart(archives[OPENCLIPART], settings, seed)
    if TUXPAINT in archives:
        pictures += read_tuxpaint(archives[TUXPAINT], settings, seed)
    return pictures
