"""One of several sources: `source.sources` of `params.yaml`, each under its name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from bettersynth.errors import UserError

SampleType = Literal["caption", "instruction", "text"]
# whose pictures the packages give to the pool
PackagePictures = Literal[
    "openclipart", "tuxpaint", "openmoji", "fluent", "fluent-flat", "emojione"
]
TYPES = ("caption", "instruction", "text")
# what stage 2's weights call the data that no source gives
STAGE_TWO_PARTS = ("pictures", "signs", "things", "published")
# files and folders are dependencies of dvc.yaml, which has no list: as many places stand there
MOST_FILES = 6
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Download:
    """One file under `base_address`; `sha256` null where the publisher gives none (it is then
    recorded, not checked).
    """

    address: str
    sha256: str | None = None

    @property
    def file(self) -> str:
        """The file's name, without folders."""
        return self.address.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class OneSource:
    """One source of several.

    `source`: `packages` gives the pairs of `source.packages` (`of`: of some packages' pictures
    alone); `jsonl` the user's `file` (jsonl, LLaVA json or parquet) with paths relative to
    `images`; `better_synth` downloads `pairs` and `archive`; `questions` makes conversations of the
    packages' concepts. `type`: pairs of picture and caption, conversations about pictures, or
    conversations without any. `split`: `pool` is for stage 1, `instruction` for stage 2.
    `judged`: whether the recipe of the filter decides on its samples; if not, all are kept.
    """

    BOUNDS: ClassVar = {
        "max_samples": (1, 1_000_000_000),
    }

    source: Literal["packages", "jsonl", "better_synth", "questions"]
    of: tuple[PackagePictures, ...] = ()
    file: str | None = None
    images: str | None = None
    pairs: Download | None = None
    archive: Download | None = None
    type: SampleType = "caption"
    split: Literal["pool", "instruction"] = "pool"
    judged: bool = True
    max_samples: int | None = None

    @property
    def is_file(self) -> bool:
        """Whether its samples stand in a file of its own."""
        return self.source in ("jsonl", "better_synth")


def require_sources(sources: Mapping[str, OneSource]) -> None:
    """Pass if these sources go together.

    Raises:
        UserError: none, a name that is none, or one that lacks or repeats something.
    """
    where = "params.yaml: source.sources"
    if not sources:
        raise UserError(f"{where} is empty; name each source with its settings")
    for name, one in sources.items():
        _require_name(name, where)
        _require_whole(one, f"{where}.{name}")
    if all(one.split != "pool" for one in sources.values()):
        raise UserError(f"{where}: none has split pool; stage 1 would have no data")
    files = sum(one.is_file for one in sources.values())
    if files > MOST_FILES:
        raise UserError(f"{where} has {files} sources with files; {MOST_FILES} are allowed")
    _require_parted(sources, where)


def _require_name(name: str, where: str) -> None:
    if not NAME.fullmatch(name):
        raise UserError(f"{where}: the name {name!r} must be of letters, digits, - and _")
    if name in (*TYPES, *STAGE_TWO_PARTS):
        raise UserError(f"{where}: the name {name} has a meaning of its own; choose another")


def _require_whole(one: OneSource, where: str) -> None:
    """Pass if one source has what its kind needs, and nothing else."""
    pictures = one.type != "text"
    wanted = {
        "packages": [],
        "questions": [],
        "jsonl": ["file", "images"] if pictures else ["file"],
        "better_synth": ["images", "pairs", "archive"],
    }[one.source]
    for setting in wanted:
        if not getattr(one, setting):
            raise UserError(f"{where} lacks the setting {setting}, which {one.source} needs")
    optional = {"jsonl": ["images"]}.get(one.source, [])
    for setting in ("file", "images", "pairs", "archive"):
        if getattr(one, setting) and setting not in (*wanted, *optional):
            raise UserError(f"{where}.{setting} is given, but {one.source} takes none")
    if one.of and one.source != "packages":
        raise UserError(f"{where}.of is given, but {one.source} takes none")
    if one.max_samples and not one.is_file:
        raise UserError(f"{where}.max_samples is given, but {one.source} takes none")
    if one.source == "questions" and one.type == "caption":
        raise UserError(f"{where}.type is caption; questions are of type instruction or text")
    if one.source in ("packages", "better_synth") and one.type != "caption":
        raise UserError(f"{where}.type is {one.type}; {one.source} has captions alone")
    if one.split == "instruction" and one.type == "caption":
        raise UserError(f"{where}.type is caption; stage 2 takes instruction and text alone")


def _require_parted(sources: Mapping[str, OneSource], where: str) -> None:
    """Pass if no picture of the packages and no file belongs to two sources."""
    takers: dict[str, str] = {}
    for name, one in sources.items():
        parts: tuple[str, ...] = ()
        if one.source == "packages":
            parts = one.of or ("all packages",)
        elif one.is_file:
            # a folder that a download is unpacked into holds that download alone
            # links and ./ lead to one place too
            parts = (os.path.realpath(str(one.file or one.images)),)
        for part in parts:
            if part in takers:
                shown = (one.file or one.images) if one.is_file else part
                raise UserError(f"{where}: {takers[part]} and {name} both take {shown}")
            takers[part] = name
    if "all packages" in takers and any(one.of for one in sources.values()):
        raise UserError(f"{where}.{takers['all packages']} takes all packages; give it `of`")
