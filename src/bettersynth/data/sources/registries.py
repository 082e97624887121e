"""Downloading packages with the registries' own clients, apt-get and npm, without root."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bettersynth.data.files.folder_beside import folder_beside
from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.settings.source import Package

TIMEOUT_SECONDS = 1800
CLIENTS = {"apt": "apt-get", "npm": "npm"}
SHOWN_DIGITS = 12  # of a sha256


def cached_package(package: Package, folder: Path, accept_other_builds: bool) -> Path:
    """Return the path of a package in `folder`, downloaded if it is not there yet.

    Raises:
        UserError: it cannot be downloaded, or is another build than the pinned one and
            `accept_other_builds` is false.
    """
    path = folder / package.file
    if not path.is_file():
        others: list[Path] = []
        if package.registry == "apt" and accept_other_builds:
            others = sorted(folder.glob(f"{package.name}_*.deb"))
        path = others[0] if others else download_package(package, folder)
    sha256 = sha256_of_file(path)
    if sha256 == package.sha256 or accept_other_builds:
        return path
    other = (
        f"{path.name} has sha256 {sha256[:SHOWN_DIGITS]}..., "
        f"pinned is {package.file} with {package.sha256[:SHOWN_DIGITS]}..."
    )
    if package.registry == "npm":
        raise UserError(
            f"{other}: delete {path} and run again; if it stays so, the package was altered"
        )
    raise UserError(
        f"{other}: this system's release offers another build. {by_hand(package, folder)}, "
        "or take it with -S source.accept_other_builds=true "
        "(results then differ from the published ones)"
    )


def download_package(package: Package, folder: Path) -> Path:
    """Download one package into `folder` and return its path; the file's name is the client's.

    Raises:
        UserError: the client is not installed, fails, or takes too long.
    """
    client = CLIENTS[package.registry]
    if not shutil.which(client):
        other = "; or use source=emoji, which needs npm only" if client == "apt-get" else ""
        raise UserError(f"{client} is not installed: {by_hand(package, folder)}{other}")
    # in the same folder, so that the finished file is moved by a rename
    with folder_beside(folder / package.file) as work:
        try:
            if package.registry == "apt":
                complaint = _apt_download(package, work, folder.parent / "apt")
            else:
                complaint = _npm_download(package, work)
        except subprocess.TimeoutExpired:
            complaint = f"no answer within {TIMEOUT_SECONDS} s"
        if complaint:
            raise UserError(
                f"{client} could not download {package.name} {package.version} ({complaint}); "
                f"{by_hand(package, folder)}"
            )
        files = [path for path in work.iterdir() if path.suffix in (".deb", ".tgz")]
        if len(files) != 1:
            raise UserError(
                f"{client} left no file for {package.name} {package.version}; "
                f"{by_hand(package, folder)}"
            )
        return files[0].replace(folder / files[0].name)


def by_hand(package: Package, folder: Path) -> str:
    """Return the sentence that tells how to get along without the client."""
    what = f"{package.registry} package {package.name} {package.version}"
    return f"put {package.file} ({what}) into {folder} by hand and run again"


def _apt_download(package: Package, work: Path, lists: Path) -> str:
    """Run apt-get; return "" or what it complained about.

    Where the pinned version is not on offer, the offered one is taken.
    """
    exact = f"{package.name}={package.version}"
    if _run(["apt-get", "-qq", "download", exact], work).returncode == 0:
        return ""
    # The system's package lists may be old or missing, and only root may update them.
    own = _apt_options(lists)
    update = _run(["apt-get", "-qq", *own, "update"], work)
    if _run(["apt-get", "-qq", *own, "download", exact], work).returncode == 0:
        return ""
    offered = _run(["apt-get", "-qq", *own, "download", package.name], work)
    if offered.returncode == 0:
        return ""
    return _complaint(update if update.returncode else offered)


def _apt_options(lists: Path) -> list[str]:
    """Return the options that give apt its own package lists, so that no root is needed."""
    for name in ("lists/partial", "cache/archives/partial"):
        (lists / name).mkdir(parents=True, exist_ok=True)
    settings = [
        f"Dir::State::Lists={lists / 'lists'}/",
        f"Dir::Cache={lists / 'cache'}/",
        # root's lock, which a user cannot take
        "Debug::NoLocking=1",
        "APT::Sandbox::User=",
    ]
    options: list[str] = []
    for setting in settings:
        options += ["-o", setting]
    return options


def _npm_download(package: Package, work: Path) -> str:
    """Run npm; return "" or what it complained about."""
    result = _run(["npm", "pack", "--silent", f"{package.name}@{package.version}"], work)
    return "" if result.returncode == 0 else _complaint(result)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )


def _complaint(result: subprocess.CompletedProcess[str]) -> str:
    """Return the line that says what went wrong: the first error, else the first of any kind."""
    lines = []
    for line in map(str.strip, result.stderr.splitlines()):
        if line and "warn" not in line.lower()[:9]:
            lines.append(line)
    errors = [line for line in lines if line.startswith(("E:", "npm error"))]
    return (errors or lines or [f"exit code {result.returncode}"])[0]
