"""Pictures by name from tar shards: the stored bytes, or one line that says what to do."""

import multiprocessing
import random
import shutil
import sys

import numpy as np
import pytest
from support.s3_server import served_bucket

from bettersynth.data.files.writing import write_json
from bettersynth.data.pictures import shard_folder
from bettersynth.data.pictures.shard_folder import ShardFolder
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.errors import UserError

NAMES = ["a/1.png", "b.tar.png", "\u00e9t\u00e9.jpg", "no ending", "x" * 300 + ".png"]
PICTURES = [(name, bytes([number]) * (100 + number)) for number, name in enumerate(NAMES)]
SOURCES = {"a/1.png": "one", "b.tar.png": "two"}


@pytest.fixture
def folder(tmp_path):
    write_images(tmp_path / "images", PICTURES, lambda name: {"source": SOURCES.get(name, "three")})
    return tmp_path / "images"


def test_pictures_are_those_that_were_written(folder):
    store = ShardFolder(folder)
    assert store.names() == NAMES
    for name, content in PICTURES:
        assert name in store
        assert store.read(name) == content
    assert "c.png" not in store
    with pytest.raises(KeyError):
        store.read("c.png")


def test_a_picture_takes_at_most_forty_bytes(folder):
    assert ShardFolder(folder).nbytes == 32 * len(NAMES)


def test_a_folder_may_be_empty(tmp_path):
    write_images(tmp_path / "images", [])
    store = ShardFolder(tmp_path / "images")
    assert store.names() == []
    assert "a.png" not in store


def test_more_shards_than_may_be_open_are_read_in_turn(folder, monkeypatch):
    monkeypatch.setattr(shard_folder, "OPEN_SHARDS", 1)
    store = ShardFolder(folder)
    assert [store.read(name) for name in NAMES * 2] == [content for _, content in PICTURES] * 2


def test_forked_processes_share_what_is_open(folder):
    store = ShardFolder(folder)
    store.read(NAMES[0])

    def read_all():
        right = all(store.read(name) == content for name, content in PICTURES * 50)
        sys.exit(0 if right else 3)

    readers = [multiprocessing.get_context("fork").Process(target=read_all) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [reader.exitcode for reader in readers] == [0, 0]


def test_no_folder_and_a_file_in_its_place_are_told(tmp_path):
    with pytest.raises(UserError, match="none does not exist; run `snakemake --cores all .*none`"):
        ShardFolder(tmp_path / "none")
    (tmp_path / "file").write_bytes(b"PK")
    with pytest.raises(UserError, match="file is a file; it must be a folder: move it away"):
        ShardFolder(tmp_path / "file")


@pytest.mark.parametrize("name", ["shards.json", "index.npy", "names.jsonl", "two-00000.tar"])
def test_a_missing_file_is_named_with_what_brings_it_back(name, folder):
    (folder / name).unlink()
    message = rf"images is damaged \(it has no {name}\); delete it and run `snakemake --cores all"
    with pytest.raises(UserError, match=message):
        ShardFolder(folder)


@pytest.mark.parametrize("kept", [0, 1, 600, 2047])
def test_a_shard_that_was_cut_short_is_named(kept, folder):
    path = folder / "one-00000.tar"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=rf"one-00000\.tar has {kept:,} bytes, not 3,072"):
        ShardFolder(folder)


def test_a_picture_whose_bytes_changed_is_told_and_others_are_read(folder):
    path = folder / "one-00000.tar"
    path.write_bytes(path.read_bytes().replace(bytes(100), bytes(99) + b"\1", 6))
    store = ShardFolder(folder)
    with pytest.raises(UserError, match=r"a/1\.png in one-00000\.tar is not what index\.npy says"):
        store.read("a/1.png")
    assert store.read("b.tar.png") == PICTURES[1][1]


def test_an_index_of_other_pictures_is_told(folder, tmp_path):
    write_images(tmp_path / "fewer", PICTURES[:2])
    shutil.copy(tmp_path / "fewer/index.npy", folder)
    with pytest.raises(UserError, match=r"index\.npy does not fit shards\.json"):
        ShardFolder(folder)
    # as many, in other shards
    write_images(tmp_path / "other", [(name, content * 30) for name, content in PICTURES])
    shutil.copy(tmp_path / "other/index.npy", folder)
    store = ShardFolder(folder)
    for name in NAMES:
        with pytest.raises(UserError, match=r"images is damaged \(.*index\.npy"):
            store.read(name)


def test_names_of_other_pictures_are_told(folder):
    (folder / "names.jsonl").write_text('"a"\n')
    with pytest.raises(UserError, match=r"names\.jsonl and index\.npy are not of the same"):
        ShardFolder(folder).names()
    (folder / "names.jsonl").write_text("a\n")
    with pytest.raises(UserError, match=r"names\.jsonl holds no names"):
        ShardFolder(folder).names()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"pictures": 5, "shards": {"one-00000.tar": 3}},
        {"pictures": "5", "shards": {}},
        {"pictures": 5, "shards": {"../../secret.tar": {"bytes": 5}}},
    ],
)
def test_a_list_of_shards_that_is_none_is_told(content, folder):
    write_json(folder / "shards.json", content)
    with pytest.raises(UserError, match=r"images is damaged \(.*; delete it and run"):
        ShardFolder(folder)


@pytest.mark.parametrize("content", [b"", b"x", b"\x93NUMPY\x01\x00\xff\xff"])
def test_an_index_that_is_no_array_is_told(content, folder):
    (folder / "index.npy").write_bytes(content)
    with pytest.raises(UserError, match=r"images is damaged \(index\.npy is no array"):
        ShardFolder(folder)


def test_an_index_of_another_kind_is_told(folder):
    np.save(folder / "index.npy", np.zeros((4, len(NAMES)), np.float32))
    with pytest.raises(UserError, match=r"index\.npy does not fit shards\.json"):
        ShardFolder(folder)


def test_damage_anywhere_is_an_error_or_changes_no_picture(folder):
    """One byte is changed at a time."""
    refused = 0
    chosen = random.Random(0)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in chosen.sample(range(len(whole)), 60):
            damaged = bytearray(whole)
            damaged[place] ^= 0x55
            path.write_bytes(damaged)
            try:
                store = ShardFolder(folder)
                for name, content in PICTURES:
                    assert name not in store or store.read(name) == content, (path, place)
                store.names()
            except UserError:
                refused += 1
        path.write_bytes(whole)
    # most of a shard here is what stands beside its pictures
    assert refused > 60


@pytest.fixture
def bucket(monkeypatch):
    with served_bucket(monkeypatch, "pictures") as address:
        yield address


@pytest.mark.slow
def test_a_folder_in_s3_is_read_in_parts(bucket, folder, monkeypatch):
    import s3fs

    s3 = s3fs.S3FileSystem()
    s3.put(str(folder), f"{bucket}/images", recursive=True)
    s3.invalidate_cache()
    store = ShardFolder(f"{bucket}/images")
    assert store.names() == NAMES
    assert [store.read(name) for name in NAMES] == [content for _, content in PICTURES]
    s3.rm(f"{bucket}/images/one-00000.tar")
    with pytest.raises(UserError, match=r"it has no one-00000\.tar\); copy the whole folder there"):
        ShardFolder(f"{bucket}/images")


def test_an_address_that_is_not_local_is_read_by_ranges(folder):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(str(folder), "/pool/images", recursive=True)
    store = ShardFolder("memory://pool/images")
    assert [store.read(name) for name in NAMES] == [content for _, content in PICTURES]
    asked = []
    whole = memory.cat_file
    store._files._files.cat_file = lambda path, **part: asked.append(part) or whole(path, **part)
    store.read("b.tar.png")
    assert [part["end"] - part["start"] for part in asked] == [101]
    del store._files._files.cat_file
    memory.rm("/pool", recursive=True)
    with pytest.raises(UserError, match="memory://pool/images cannot be used"):
        ShardFolder("memory://pool/images")
