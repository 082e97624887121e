"""Fetch what the source needs into `data/archives`: packages through apt-get and npm, or the challenge's files over http.

Downloads are kept in `.cache/archives` (or under `BETTERSYNTH_CACHE`), so that no package is downloaded twice and files can be put
there by hand. `data/archives/manifest.json` names every file with its size, sha256, package, version and licence.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.sources.better_synth import download, lift, unpack
from bettersynth.data.sources.downloads import (
    ARCHIVES,
    MANIFEST,
    download_folder,
    miniature_folder,
    pairs_file,
)
from bettersynth.data.sources.jsonl import read_pairs
from bettersynth.data.sources.registries import cached_package
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.needed_files import require_files
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.miniature.data import write_challenge
from bettersynth.settings.reading import load_params
from bettersynth.settings.source import Download, Package, SourceSettings, read_source

CHALLENGE_LICENCE = "terms of the Better Synth challenge"


def _copy(path: Path) -> Path:
    target = ARCHIVES / path.name
    with complete_or_absent(target) as temporary:
        try:
            shutil.copyfile(path, temporary)
        except OSError as error:  # it names the file read, not the one that found no room
            raise OSError(error.errno, error.strerror, str(target)) from None
    return target


def _entry(path: Path, package: str, version: str, licence: str, note: str = "") -> dict[str, Any]:
    entry = {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256_of_file(path)}
    entry |= {"package": package, "version": version, "licence": licence}
    return entry | ({"note": note} if note else {})


def fetch_package(package: Package, accept_other_builds: bool) -> dict[str, Any]:
    """Bring one package into `data/archives` and return its entry in the manifest."""
    path = _copy(cached_package(package, download_folder(), accept_other_builds))
    entry = _entry(path, package.name, package.version, package.licence)
    if entry["sha256"] != package.sha256:
        entry["note"] = f"not the pinned build {package.file}"
    return entry


def fetch_challenge(source: SourceSettings) -> list[dict[str, Any]]:
    """Download the challenge's pairs and images, unpack the images into `source.images`, and return the manifest's entries.

    In miniature both are made instead, with the weights and other files that the run needs.
    """
    if not source.pairs or not source.archive or not source.base_address:
        raise UserError(
            "params.yaml: source must give base_address, pairs and archive for better_synth; see conf/source/better_synth.yaml"
        )
    entries, folder = [], download_folder()
    if source.miniature:
        if ARCHIVES not in source.miniature.parents:
            raise UserError(
                f"params.yaml: source.miniature is {source.miniature}; it must lie under {ARCHIVES}"
            )
        folder = miniature_folder()
        write_challenge(source.miniature, folder)

    def fetched(wanted: Download) -> Path:
        path = download(source.base_address, wanted, folder)
        entries.append(_entry(path, "", "", CHALLENGE_LICENCE))
        return path

    pairs = _copy(fetched(source.pairs))
    unpack(fetched(source.archive), Path(source.images))
    lift(Path(source.images), pairs)
    return entries


def main() -> None:
    params = load_params()
    source = read_source(params)
    require_files(params)
    entries = fetch_challenge(source) if source.name == "better_synth" else []
    if not source.own_pairs and not source.packages:
        raise UserError(
            f"params.yaml: source.packages is empty; {source.name} needs the packages of conf/source/{source.name}.yaml"
        )
    if (
        source.own_pairs
    ):  # a mistake in the user's file is told before anything is downloaded for long
        read_pairs(pairs_file(source), Path(source.images), source.max_samples)
    for package in source.wanted_packages:
        entries.append(fetch_package(package, source.accept_other_builds))
        print(f"{entries[-1]['file']}: {entries[-1]['bytes']:,} bytes, sha256 checked")
    ARCHIVES.mkdir(parents=True, exist_ok=True)
    write_json(
        MANIFEST, {"source": source.name, "files": sorted(entries, key=lambda entry: entry["file"])}
    )


if __name__ == "__main__":
    run_step(main)
