"""Hashes stand for contents, and large files are read once."""

import hashlib
import os

import pytest

from bettersynth.data.files import hashing
from bettersynth.data.files.hashing import (
    content_key,
    hashes_in_folder,
    remembered_sha256,
    sha256_of_bytes,
    sha256_of_file,
)


def test_a_file_and_its_bytes_have_one_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of_file(tmp_path / "a") == sha256_of_bytes(b"abc")
    assert sha256_of_bytes(b"abc") == hashlib.sha256(b"abc").hexdigest()


def test_a_large_files_hash_is_remembered_until_the_file_changes(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hashing, "REMEMBERED_BYTES", 4)
    weights = tmp_path / "weights"
    weights.write_bytes(b"12345678")
    first = remembered_sha256(weights)
    assert first == sha256_of_bytes(b"12345678")
    (remembered,) = (tmp_path / "cache/model_hashes").iterdir()
    remembered.write_text('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"')
    assert (
        remembered_sha256(weights)
        == "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    )
    os.utime(weights, ns=(0, 0))
    assert remembered_sha256(weights) == first


def test_a_small_file_is_read_every_time(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small").write_bytes(b"1")
    assert remembered_sha256(tmp_path / "small") == sha256_of_bytes(b"1")
    assert not (tmp_path / "cache").exists()


def test_a_folders_hashes_come_by_path_and_sorted(tmp_path):
    (tmp_path / "z").mkdir()
    (tmp_path / "z/inner").write_bytes(b"inner")
    (tmp_path / "b").write_bytes(b"b")
    hashes = hashes_in_folder(tmp_path)
    assert list(hashes) == ["b", "z/inner"]
    assert hashes["z/inner"] == sha256_of_bytes(b"inner")


def test_texts_do_not_run_into_each_other():
    assert content_key(["ab", "c"]) != content_key(["a", "bc"])
    assert content_key(["ab", "c"]) == content_key(iter(["ab", "c"]))
    assert len(content_key(["\ud800"])) == 16  # half a surrogate pair, as some captions hold


def test_keys_of_scores_that_are_on_disk_stay_what_they_are():
    assert content_key(["a"]).hex() == "fc9c942180a48b1bfa36938828a429dc"


@pytest.mark.parametrize("content", [b"", b'"abc', b'{"a": 1}', b"\xff\xfe"])
def test_a_remembered_hash_that_was_cut_short_is_made_again(tmp_path, monkeypatch, content):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hashing, "REMEMBERED_BYTES", 4)
    (tmp_path / "weights").write_bytes(b"12345678")
    right = remembered_sha256(tmp_path / "weights")
    (known,) = (tmp_path / "cache/model_hashes").iterdir()
    whole = known.read_bytes()
    known.write_bytes(content)
    assert remembered_sha256(tmp_path / "weights") == right
    assert known.read_bytes() == whole
