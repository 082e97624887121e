"""What was fetched, `data/archives/manifest.json`: every file with size, sha256, licence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import is_there, read_object, require_mapping
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError

ARCHIVES = Path("data/archives")
MANIFEST = ARCHIVES / "manifest.json"


def manifest_entry(path: Path, package: str, version: str, licence: str) -> dict[str, Any]:
    """Return what the manifest says of a file; `package` is "" for a file of no package."""
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256_of_file(path),
        "package": package,
        "version": version,
        "licence": licence,
    }


def write_manifest(source: str, entries: Sequence[dict[str, Any]]) -> None:
    """Write the manifest, its files sorted by name."""
    files = sorted(entries, key=lambda entry: entry["file"])
    write_json(MANIFEST, {"source": source, "files": files})


def read_manifest() -> dict[str, Any]:
    """Return `source` and `files`.

    Raises:
        UserError: nothing was fetched.
    """
    # the stage's output is the folder: that is what to ask for
    if not is_there(MANIFEST):
        raise UserError(f"{MANIFEST} does not exist; run `snakemake --cores all {ARCHIVES}`")
    manifest = read_object(MANIFEST, has={"files": list})
    for place, entry in enumerate(manifest["files"]):
        require_mapping(entry, f"{MANIFEST}: files[{place}]", has={"file": str})
    return manifest


def archive_paths() -> dict[str, Path]:
    """Return the fetched packages as `{package: path}`."""
    paths = {}
    for entry in read_manifest()["files"]:
        # the user's own files have no package
        if entry["package"]:
            paths[entry["package"]] = ARCHIVES / entry["file"]
    return paths
