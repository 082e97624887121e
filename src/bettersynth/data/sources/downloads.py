"""Where the files of a source lie: downloads kept across runs, and `data/archives` of this run."""

from __future__ import annotations

from pathlib import Path

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.settings.source import SourceSettings

ARCHIVES = Path("data/archives")
MANIFEST = ARCHIVES / "manifest.json"


def pairs_file(source: SourceSettings) -> Path:
    """Return the file that lists the user's pairs."""
    return ARCHIVES / source.pairs.file if source.pairs else Path(source.file)


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
