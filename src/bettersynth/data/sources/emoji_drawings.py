"""Drawings of emoji in several styles, as packages of npm hold them: one file each, or a collection
of icons in one JSON file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.sources.archives import read_json_members, read_members

OPENMOJI = "openmoji"
NAME_SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
ICONS, CHARACTERS = "package/icons.json", "package/chars.json"
# an alias with one of them is its parent mirrored or turned
TURNS = {"hFlip", "vFlip", "rotate"}


@dataclass(frozen=True)
class Style:
    """Where a style's pictures are, and how they are to be rendered.

    `told_by` says what tells whose drawing it is: the name of its file, a collection's list of
    characters, or its name in a collection, which is the emoji's label as a slug. `folder` and
    `ending` are of the files in the npm package.
    """

    name: str
    package: str
    kind: Literal["svg", "raster"]
    told_by: Literal["file", "characters", "label"]
    folder: str = ""
    ending: str = ""


STYLES = (
    Style("openmoji", OPENMOJI, "svg", "file", "package/color/svg/", ".svg"),
    Style("fluent", "@lobehub/fluent-emoji-3d", "raster", "file", "package/assets/", ".webp"),
    Style("fluent-flat", "@iconify-json/fluent-emoji-flat", "svg", "characters"),
    # its list of characters is empty
    Style("emojione", "@iconify-json/emojione", "svg", "label"),
    Style("noto", "@iconify-json/noto", "svg", "characters"),
    Style("twemoji", "@twemoji/svg", "svg", "file", "package/", ".svg"),
)

Drawings = dict[str, dict[str, bytes]]
"""File bytes by style, then by an emoji's code."""


def read_drawings(archives: Mapping[str, Path], labels: Mapping[str, str]) -> Drawings:
    """Return the drawings of the wanted emoji for every style whose package is there.

    `labels` are the wanted emoji's, by code.

    Raises:
        UserError: a package lacks its list.
    """
    drawings: Drawings = {}
    for style in STYLES:
        if style.package in archives:
            members = _read_style(archives[style.package], style, labels)
            drawings[style.name] = {code: data for code, data in members if code in labels}
    return drawings


def code_of(name: str) -> str:
    """Return the code points in a file name in one form: upper case, no leading zeros, no FE0F."""
    points = name.upper().split("-")
    # FE0F asks for the coloured form; packages differ in writing it
    return "-".join(point.lstrip("0") for point in points if point != "FE0F")


def slug_of(label: str) -> str:
    """Return a label as collections write it in names: `women’s hat` is `womens-hat`."""
    plain = re.sub("[’']", "", label.lower())
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _read_style(
    archive: Path, style: Style, labels: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Return (code, file bytes) of a package's drawings."""
    if style.told_by == "file":
        return _read_files(archive, style)
    if style.told_by == "characters":
        return _read_by_characters(archive)
    return _read_by_labels(archive, labels)


def _read_files(archive: Path, style: Style) -> Iterator[tuple[str, bytes]]:
    """Yield (code, file bytes) of a package with one file a drawing."""

    def is_drawing(name: str) -> bool:
        return name.startswith(style.folder) and name.endswith(style.ending)

    for name, data in read_members(archive, is_drawing):
        yield code_of(name[len(style.folder) : -len(style.ending)]), data


def _read_by_characters(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (code, SVG) of a collection that lists the characters that it draws."""
    icons, characters = read_json_members(archive, ICONS, CHARACTERS)
    for code, name in characters.items():
        drawn_as = _drawn_as(icons, name)
        if drawn_as:
            yield code_of(code), _svg(icons, drawn_as)


def _read_by_labels(archive: Path, labels: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield (code, SVG) of a collection whose names are labels; labels of one slug have none."""
    (icons,) = read_json_members(archive, ICONS)
    codes: dict[str, list[str]] = {}
    for code, label in labels.items():
        codes.setdefault(slug_of(label), []).append(code)
    for name, named in codes.items():
        drawn_as = _drawn_as(icons, name)
        # an alias may be an older name of another thing: `cricket` was the game, is the insect
        of_another = drawn_as != name and drawn_as in codes
        if drawn_as and not of_another and len(named) == 1:
            yield named[0], _svg(icons, drawn_as)


def _drawn_as(icons: Mapping[str, Any], name: str) -> str:
    """Return the name of the icon that a name is drawn as, "" where there is none."""
    # an alias is drawn as its parent
    alias = icons.get("aliases", {}).get(name, {})
    drawn_as = alias.get("parent", name)
    return drawn_as if drawn_as in icons["icons"] and not TURNS & set(alias) else ""


def _svg(icons: Mapping[str, Any], name: str) -> bytes:
    """Return an icon of a collection as an SVG file."""
    icon = icons["icons"][name]
    left = icon.get("left", 0)
    top = icon.get("top", 0)
    width = icon.get("width", icons["width"])
    height = icon.get("height", icons["height"])
    box = f"{left} {top} {width} {height}"
    return f'<svg {NAME_SPACES} viewBox="{box}">{icon["body"]}</svg>'.encode()
