"""The clients are stand-ins on PATH: shell scripts that behave as apt-get and npm do."""

from __future__ import annotations

import dataclasses
import os

import pytest

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.sources.registries import cached_package
from bettersynth.errors import UserError
from bettersynth.settings.source import Package

DEB = Package(
    "apt", "pictures", "1:2.0", "pictures_1%3a2.0_all.deb", sha256_of_bytes(b"deb\n"), "GPL-2"
)
TGZ = Package(
    "npm", "@scope/icons", "1.0.0", "scope-icons-1.0.0.tgz", sha256_of_bytes(b"tgz\n"), "MIT"
)
NPM = 'test "$*" = "pack --silent @scope/icons@1.0.0" && echo tgz > scope-icons-1.0.0.tgz\n'
APT = (
    'case "$*" in *"download pictures=1:2.0") echo deb > "pictures_1%3a2.0_all.deb";; *) exit '
    "1;; esac\n"
)


@pytest.fixture
def install(tmp_path, monkeypatch):
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for tool in ("echo", "sh", "cat", "test"):
        (binaries / tool).symlink_to(
            f"/bin/{tool}" if os.path.exists(f"/bin/{tool}") else f"/usr/bin/{tool}"
        )
    monkeypatch.setenv("PATH", str(binaries))
    calls = tmp_path / "calls"
    calls.touch()

    def put(name: str, script: str):
        (binaries / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {calls}\n{script}')
        (binaries / name).chmod(0o755)
        return calls

    return put


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cache" / "archives").mkdir(parents=True)
    return tmp_path / "cache" / "archives"


def test_a_package_is_downloaded_once(install, folder):
    calls = install("npm", NPM)
    for _ in range(2):
        assert cached_package(TGZ, folder, False).read_bytes() == b"tgz\n"
    assert len(calls.read_text().splitlines()) == 1
    assert [path.name for path in folder.iterdir()] == [TGZ.file]


def test_a_debian_package_of_the_systems_lists_is_taken(install, folder):
    calls = install("apt-get", APT)
    assert cached_package(DEB, folder, False).name == DEB.file
    assert calls.read_text().splitlines() == ["apt-get -qq download pictures=1:2.0"]


def test_empty_lists_are_updated_in_a_folder_of_our_own(install, folder):
    lists = f"Dir::State::Lists={folder.parent}/apt/lists/"
    script = (
        f'case "$*" in *"{lists}"*update) exit 0;; *Dir::State*download*=1:2.0) {APT}exit 0;; '
        f"esac; exit 100"
    )
    calls = install("apt-get", script)
    assert cached_package(DEB, folder, False).read_bytes() == b"deb\n"
    assert [line.split()[-1] for line in calls.read_text().splitlines()] == [
        "pictures=1:2.0",
        "update",
        "pictures=1:2.0",
    ]


@pytest.mark.parametrize(("package", "client"), [(DEB, "apt-get"), (TGZ, "npm")])
def test_a_missing_client_names_package_version_file_and_folder(install, folder, package, client):
    with pytest.raises(UserError) as caught:
        cached_package(package, folder, False)
    message = str(caught.value)
    assert message.startswith(f"{client} is not installed: put {package.file} (")
    assert f"{package.name} {package.version}) into {folder} by hand" in message
    assert ("source=emoji" in message) == (client == "apt-get")
    assert install is not None


def test_a_file_put_there_by_hand_needs_no_client(install, folder):
    (folder / DEB.file).write_bytes(b"deb\n")
    assert cached_package(DEB, folder, False) == folder / DEB.file
    assert install is not None


def test_a_client_that_fails_is_quoted(install, folder):
    install("npm", "echo 'npm warn something' >&2; echo 'npm error 404 Not Found' >&2; exit 1")
    with pytest.raises(
        UserError,
        match=r"npm could not download @scope/icons 1\.0\.0 \(npm error 404 Not Found\); put",
    ):
        cached_package(TGZ, folder, False)
    assert list(folder.iterdir()) == []


def test_an_altered_npm_package_is_refused(install, folder):
    install("npm", NPM.replace("echo tgz", "echo evil"))
    with pytest.raises(UserError, match="the package was altered"):
        cached_package(TGZ, folder, False)


def test_another_release_is_told_apart_and_taken_only_if_asked(install, folder):
    script = (
        'case "$*" in *"download pictures") echo other > pictures_3.0_all.deb; exit 0;; *update) '
        "exit 0;; esac; exit 100"
    )
    calls = install("apt-get", script)
    with pytest.raises(
        UserError,
        match=(
            r"pictures_3\.0_all\.deb has sha256 .* another build.* by "
            r"hand.*accept_other_builds=true"
        ),
    ):
        cached_package(DEB, folder, False)
    taken = calls.read_text().count("download pictures\n")
    assert cached_package(DEB, folder, True).read_bytes() == b"other\n"
    assert calls.read_text().count("download pictures\n") == taken  # the first one's file is used


def test_a_pinned_file_is_preferred_to_another_build(install, folder):
    (folder / DEB.file).write_bytes(b"deb\n")
    (folder / "pictures_3.0_all.deb").write_bytes(b"other\n")
    assert cached_package(dataclasses.replace(DEB), folder, True).name == DEB.file
    assert install is not None
