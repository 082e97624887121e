"""The section `source` of `params.yaml`, which the steps fetch and pool share."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.settings.reading import read_settings

ARCHIVES = Path("data/archives")
MANIFEST = ARCHIVES / "manifest.json"


@dataclasses.dataclass(frozen=True)
class Package:
    """One pinned package: `file` is the name its registry's client gives it, `sha256` that of the file."""

    registry: Literal["apt", "npm"]
    name: str
    version: str
    file: str
    sha256: str
    licence: str


@dataclasses.dataclass(frozen=True)
class Download:
    """One file under `base_address`; `sha256` null where the publisher gives none (it is then recorded, not checked)."""

    address: str
    sha256: str | None = None

    @property
    def file(self) -> str:
        return self.address.rsplit("/", 1)[-1]


@dataclasses.dataclass(frozen=True)
class SourceSettings:
    """Where image-text pairs come from.

    `name`: `clipart` and `emoji` make the pool from `packages`; `jsonl` takes the user's own `file` (Data-Juicer jsonl or LLaVA json)
    with images relative to the folder `images`; `better_synth` downloads `pairs` and the tarball `archive` from `base_address`, and
    finds the images in `images`. `embedded`: also fetch the packages, from which the nano reference, instruction and benchmark
    splits are drawn. `miniature`: a folder under `data/archives` where the fetch stage makes the challenge's files in miniature, with
    the seed set in the place of downloads, for `experiment=mgm_2b_dry`. `accept_other_builds`: take another build of a Debian package than the pinned one. `max_samples`: read only so
    many of the user's pairs, from the start of the file (null: all).
    """

    name: Literal["clipart", "emoji", "jsonl", "better_synth"]
    file: str
    images: str = "data/archives"
    embedded: bool = True
    packages: tuple[Package, ...] = ()
    accept_other_builds: bool = False
    base_address: str = ""
    pairs: Download | None = None
    archive: Download | None = None
    miniature: Path | None = None
    max_samples: int | None = None

    @property
    def own_pairs(self) -> bool:
        """Whether the pool comes from pairs in a file rather than from packages."""
        return self.name in ("jsonl", "better_synth")

    @property
    def wanted_packages(self) -> tuple[Package, ...]:
        return self.packages if self.embedded or not self.own_pairs else ()

    @property
    def pairs_file(self) -> Path:
        """The file that lists the user's pairs."""
        return ARCHIVES / self.pairs.file if self.pairs else Path(self.file)


def read_source(params: dict[str, Any]) -> SourceSettings:
    """Return the section `source` of the parameters; settings that belong together are checked by the step that needs them."""
    return read_settings(SourceSettings, params.get("source"), "params.yaml: source")


def archive_paths() -> dict[str, Path]:
    """Return the fetched packages as `{package: path}`."""
    return {
        entry["package"]: ARCHIVES / entry["file"]
        for entry in read_json(MANIFEST)["files"]
        if entry["package"]
    }


def miniature_folder() -> Path:
    """Where the seed set in miniature stands in for downloads."""
    return download_folder() / "miniature"


def source_downloads(
    source: SourceSettings, folder: Path | None = None
) -> list[tuple[Path, str, str | None]]:
    """Return path, origin and sha256 (None: not published) of every file that the fetch stage downloads or finds in `folder`."""
    folder = folder or download_folder()
    found: list[tuple[Path, str, str | None]] = []
    if source.name == "better_synth":
        wanted = [download for download in (source.pairs, source.archive) if download]
        found += [
            (folder / one.file, f"{source.base_address}/{one.address}", one.sha256)
            for one in wanted
        ]
    for package in source.wanted_packages:
        expected = None if source.accept_other_builds else package.sha256
        found.append(
            (
                folder / package.file,
                f"{package.registry} package {package.name} {package.version}",
                expected,
            )
        )
    return found


def download_folder() -> Path:
    """The folder where downloads are kept across runs, and where files may be put by hand."""
    return scratch_folder("archives")
