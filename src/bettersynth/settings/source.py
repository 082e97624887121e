"""The section `source` of `params.yaml`, which the steps fetch and pool share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from bettersynth.settings.reading import read_settings


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


@dataclass(frozen=True)
class Download:
    """One file under `base_address`; `sha256` null where the publisher gives none (it is then
    recorded, not checked).
    """

    address: str
    sha256: str | None = None

    @property
    def file(self) -> str:
        return self.address.rsplit("/", 1)[-1]


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
    """

    BOUNDS: ClassVar = {
        "max_samples": (1, 1_000_000_000),
    }

    name: Literal["clipart", "emoji", "jsonl", "better_synth"]
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

    @property
    def own_pairs(self) -> bool:
        """Whether the pool comes from pairs in a file rather than from packages."""
        return self.name in ("jsonl", "better_synth")

    @property
    def wanted_packages(self) -> tuple[Package, ...]:
        """The packages that this run fetches."""
        return self.packages if self.embedded or not self.own_pairs else ()


def read_source(params: dict[str, Any]) -> SourceSettings:
    """Return the section `source` of the parameters; settings that belong together are checked by
    the step that needs them.
    """
    return read_settings(SourceSettings, params.get("source"), "params.yaml: source")
