"""A zip file's members by name: what zipfile gives, also where the file is unusual or damaged."""

import random
import zipfile

import pytest

from bettersynth.data.pictures import zip_index
from bettersynth.data.pictures.zip_index import ZipIndex

NAMES = ["b.png", "a/1.png", "\u00e9t\u00e9.png", "\u56fe.png", "b.png"]


def write_zip(path, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for number, name in enumerate(NAMES):
            archive.writestr(zipfile.ZipInfo(name), bytes([number]) * (100 + number), method)
    return path


@pytest.fixture
def archive(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        return write_zip(tmp_path / "images.zip")


def assert_as_zipfile(path):
    index = ZipIndex(path)
    with zipfile.ZipFile(path) as expected:
        assert index.names() == expected.namelist()
        for name in expected.namelist():
            assert name in index
            assert index.read(name) == expected.read(name)


def test_members_are_those_of_zipfile_the_last_of_two_of_one_name(archive):
    assert_as_zipfile(archive)
    assert ZipIndex(archive).read("b.png") == b"\4" * 104
    assert "c.png" not in ZipIndex(archive)
    with pytest.raises(KeyError):
        ZipIndex(archive).read("c.png")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_packed_members_are_unpacked(tmp_path):
    assert_as_zipfile(write_zip(tmp_path / "packed.zip", zipfile.ZIP_DEFLATED))


def test_a_name_in_the_old_encoding_is_found(tmp_path, archive):
    content = archive.read_bytes().replace("\u00e9t\u00e9".encode(), b"\x82tt\x82t"[:5])
    path = tmp_path / "old.zip"
    # the flag of UTF-8, in header and directory
    path.write_bytes(content.replace(b"\x14\0\0\x08", b"\x14\0\0\0"))
    assert_as_zipfile(path)
    assert "\u00e9tt\u00e9t.png" in ZipIndex(path)


def test_bytes_before_the_file_and_a_comment_behind_it_do_not_matter(tmp_path, archive):
    path = tmp_path / "shifted.zip"
    path.write_bytes(b"before" * 10 + archive.read_bytes())
    with zipfile.ZipFile(path, "a") as shifted:
        shifted.comment = b"a comment"
    assert_as_zipfile(path)


def test_files_beyond_4_gb_are_read(tmp_path, monkeypatch):
    # the limits from which the format writes its large numbers
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 250)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(5):
            archive.writestr(zipfile.ZipInfo(f"{number}.png"), bytes([number]) * 300)
    assert b"PK\6\6" in path.read_bytes()
    assert_as_zipfile(path)


def test_an_empty_zip_has_no_members(tmp_path):
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    assert ZipIndex(tmp_path / "empty.zip").names() == []


def test_names_of_one_hash_are_told_apart(archive, monkeypatch):
    monkeypatch.setattr(zip_index.zlib, "crc32", lambda content: len(content) % 2)
    index = ZipIndex(archive)
    assert [name in index for name in ("a/1.png", "c.png")] == [True, False]


def test_a_member_takes_twelve_bytes(archive):
    assert ZipIndex(archive).nbytes == 12 * len(NAMES)


@pytest.mark.parametrize("cut", [0, 10, 25, 200])
def test_a_file_that_was_cut_short_is_no_zip_file(archive, cut):
    archive.write_bytes(archive.read_bytes()[:cut])
    with pytest.raises(zipfile.BadZipFile):
        ZipIndex(archive)


def test_damage_anywhere_is_an_error_or_changes_no_picture(archive):
    """One byte is changed at a time."""
    whole = archive.read_bytes()
    stored = [bytes([number]) * (100 + number) for number in range(len(NAMES))]
    refused = 0
    for place in random.Random(0).sample(range(len(whole)), 300):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        archive.write_bytes(damaged)
        try:
            index = ZipIndex(archive)
            for name in NAMES:
                assert name not in index or index.read(name) in stored, place
        except zipfile.BadZipFile:
            refused += 1
    # bytes of pictures are most of them
    assert refused > 150
