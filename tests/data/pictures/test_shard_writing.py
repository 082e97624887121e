"""Shards are plain webdataset tars, and each source's depend on that source alone."""

import json
import tarfile

import numpy as np
import pytest

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.pictures.shard_folder import ShardFolder
from bettersynth.data.pictures.shard_writing import write_images

# 0.4 MB each: two fit into a shard of one MB
PHOTO = np.random.default_rng(0).bytes(400_000)


def pictures(source, number):
    return [(f"{source}/{k}.JPG", PHOTO + bytes([k])) for k in range(number)]


def about(name):
    source, number = name.removesuffix(".JPG").split("/")
    return {"id": number, "caption": f"a \u00e9 {number}", "source": source}


def hashes(folder):
    return {path.name: sha256_of_file(path) for path in folder.glob("*.tar")}


def test_a_tar_reader_finds_a_picture_and_what_is_known_of_it_under_one_key(tmp_path):
    write_images(tmp_path / "images", pictures("web", 2), about)
    (path,) = tmp_path.glob("images/*.tar")
    assert path.name == "web-00000.tar"
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        contents = [archive.extractfile(member).read() for member in members]
    keys = [member.name.partition(".") for member in members]
    assert [ending for _, _, ending in keys] == ["jpg", "json"] * 2
    assert keys[0][0] == keys[1][0] != keys[2][0] == keys[3][0]
    assert contents[0] == PHOTO + b"\0"
    known = {"name": "web/0.JPG", "id": "0", "caption": "a \u00e9 0", "source": "web"}
    assert json.loads(contents[1]) == known
    # no trace of when and by whom
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}


def test_a_shard_is_closed_before_it_grows_too_large_and_holds_one_source(tmp_path):
    both = pictures("web", 5)
    both[1:1] = pictures("own", 3)
    write_images(tmp_path / "images", both, about, shard_mb=1)
    assert sorted(hashes(tmp_path / "images")) == [
        "own-00000.tar",
        "own-00001.tar",
        "web-00000.tar",
        "web-00001.tar",
        "web-00002.tar",
    ]
    assert all(path.stat().st_size <= 10**6 for path in tmp_path.glob("images/*.tar"))
    for path in tmp_path.glob("images/*.tar"):
        with tarfile.open(path) as archive:
            told = [archive.extractfile(name) for name in archive.getnames() if "json" in name]
            assert {json.load(one)["source"] for one in told} == {path.name.split("-")[0]}
    folder = ShardFolder(tmp_path / "images")
    assert folder.names() == [name for name, _ in both]
    assert all(folder.read(name) == content for name, content in both)


def test_a_picture_larger_than_a_shard_has_one_of_its_own(tmp_path):
    large = ("web/large.png", PHOTO * 3)
    write_images(tmp_path / "images", [*pictures("web", 1), large], about, shard_mb=1)
    assert len(hashes(tmp_path / "images")) == 2
    assert ShardFolder(tmp_path / "images").read("web/large.png") == large[1]


def test_a_new_source_leaves_the_shards_of_others_as_they_are(tmp_path):
    """DVC stores each file of a folder by its hash, so that only the new shards are stored."""
    folder = tmp_path / "images"
    write_images(folder, pictures("web", 5), about, shard_mb=1)
    before = hashes(folder)
    assert len(before) == 3
    # sorted by id, as the pool is: its pictures lie between those of the first
    mixed = sorted(pictures("web", 5) + pictures("a-second", 2), key=lambda one: one[0][-5:])
    write_images(folder, mixed, about, shard_mb=1)
    after = hashes(folder)
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {"a-second-00000.tar"}
    listed = read_json(folder / "shards.json")["shards"]
    assert {name: shard["sha256"] for name, shard in listed.items()} == after


def test_equal_pictures_are_equal_bytes_in_every_file(tmp_path):
    for name in ("one", "two"):
        write_images(tmp_path / name, pictures("web", 3), about)
    one, two = (
        {path.name: sha256_of_file(path) for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two
    assert sorted(one) == ["index.npy", "names.jsonl", "shards.json", "web-00000.tar"]


@pytest.mark.parametrize("source", ["../up", "a/b", "", "..", "\u00e9t\u00e9 x"])
def test_a_source_may_be_called_as_no_file_can_be(source, tmp_path):
    write_images(tmp_path / "images", [("a.png", b"x")], lambda name: {"source": source})
    assert len(list((tmp_path / "images").iterdir())) == 4
    assert ShardFolder(tmp_path / "images").read("a.png") == b"x"


def test_nothing_is_left_where_a_picture_fails(tmp_path):
    def failing():
        yield "a.png", b"x"
        raise OSError("disk")

    with pytest.raises(OSError, match="disk") as error:
        write_images(tmp_path / "images", failing())
    assert error.value.__notes__ == [f"while writing {tmp_path}/images"]
    assert not list(tmp_path.iterdir())


def test_two_pictures_of_one_name_are_refused(tmp_path):
    with pytest.raises(ValueError, match="two pictures in .* have one name"):
        write_images(tmp_path / "images", [("a.png", b"x"), ("b.png", b"x"), ("a.png", b"y")])
