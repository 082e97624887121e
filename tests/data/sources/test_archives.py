from __future__ import annotations

import pytest
from support.small_archives import write_deb, write_tgz

from bettersynth.data.sources.archives import read_json_members, read_members
from bettersynth.errors import UserError


def every(_: str) -> bool:
    return True


FILES = {"usr/share/a.svg": b"<svg/>", "usr/share/b.txt": b"text", "usr/share/c.svg": b"x" * 5001}


@pytest.mark.parametrize("packing", ["xz", "zst"])
def test_a_debian_package_is_read_without_dpkg(tmp_path, packing):
    path = write_deb(tmp_path / "a.deb", FILES, packing)
    assert dict(read_members(path, lambda name: name.endswith(".svg"))) == {
        "usr/share/a.svg": b"<svg/>",
        "usr/share/c.svg": b"x" * 5001,
    }


def test_a_tarball_of_npm_is_read(tmp_path):
    assert dict(
        read_members(write_tgz(tmp_path / "a.tgz", FILES), lambda name: "b.txt" in name)
    ) == {"usr/share/b.txt": b"text"}


@pytest.mark.parametrize("name", ["a.deb", "a.tgz"])
def test_half_an_archive_is_one_clear_error(tmp_path, name):
    path = (
        write_deb(tmp_path / name, FILES)
        if name.endswith("deb")
        else write_tgz(tmp_path / name, FILES)
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=r"not a complete archive|holds no data.tar"):
        list(read_members(path, every))


def test_another_file_with_a_packages_name_is_one_clear_error(tmp_path):
    (tmp_path / "a.deb").write_bytes(b"<html>not found</html>")
    with pytest.raises(UserError, match="not a Debian package"):
        list(read_members(tmp_path / "a.deb", every))


def test_a_missing_archive_names_what_makes_it(tmp_path):
    with pytest.raises(UserError, match="does not exist; run `snakemake"):
        list(read_members(tmp_path / "a.tgz", every))


def test_json_comes_in_the_order_that_is_asked_for(tmp_path):
    path = write_tgz(tmp_path / "a.tgz", {"a.json": b"[1]", "b.json": b"{}"})
    assert read_json_members(path, "b.json", "a.json") == [{}, [1]]
    with pytest.raises(UserError, match=r"a.tgz holds no c\.json; put the package's original"):
        read_json_members(path, "a.json", "c.json")
