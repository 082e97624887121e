from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path

import pytest
import yaml
from support.default_settings import default_params, default_settings
from support.small_archives import picture_bytes, write_clipart_archives, write_emoji_archives

from bettersynth.data.files.hashing import sha256_of_bytes, sha256_of_file
from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.files.writing import write_json
from bettersynth.data.pictures.decoding import FORMATS
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.samples import SAMPLE_SCHEMA
from bettersynth.errors import UserError
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.reading import read_settings
from bettersynth.steps import pool

CLIPART = {"openclipart_pool": 3, "tuxpaint_pool": 1}
FILES = ("samples.parquet", "images/shards.json", "rejects.parquet", "planted.parquet", "card.json")


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")
    paths = write_emoji_archives(folder) | write_clipart_archives(folder)
    entries = [
        {"file": path.name, "package": name, "licence": "free"} for name, path in paths.items()
    ]
    write_json(folder / "manifest.json", {"source": "clipart", "files": entries})
    return folder


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch, archives):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_THREADS", "1")
    shutil.copytree(archives, "data/archives")


def run(source: dict | None = None, **settings):
    source = {"name": "clipart", "file": "conf/source/clipart.yaml"} | (source or {})
    settings = {
        "longest_side": 48,
        "clipart": CLIPART,
        "emoji": {"instruction_share": 0.4},
    } | settings
    Path("params.yaml").write_text(yaml.safe_dump(default_params(source=source, pool=settings)))
    pool.main()
    return read_table("data/pool/samples.parquet").to_pylist()


def write_own(*rows: dict, files: dict[str, bytes] | None = None) -> dict:
    for name, data in (files or {}).items():
        Path(name).write_bytes(data)
    Path("pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"name": "jsonl", "file": "pairs.jsonl", "images": "."}


def test_the_table_is_the_contracts_and_tells_the_truth_of_every_image():
    rows = run()
    assert read_table("data/pool/samples.parquet").schema.equals(SAMPLE_SCHEMA)
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    images = ImageStore("data/pool/images")
    assert sorted(images.names()) == sorted(name for row in rows for name in row["images"])
    for row in rows:
        data = images.read(row["images"][0])
        assert row["image_sha256"] == [sha256_of_bytes(data)]
        assert row["size_bytes"] == [len(data)]
        assert max(row["width"][0], row["height"][0]) <= 48
    card = read_json("data/pool/card.json")
    assert card["samples"]["pool"] == {"fluent": 7, "openclipart": 3, "openmoji": 7, "tuxpaint": 1}
    assert card["sha256"]["images/shards.json"] == sha256_of_file("data/pool/images/shards.json")


def test_no_image_is_in_two_splits_and_no_concept_in_instruction_and_benchmark():
    rows = run()
    by_split = {
        split: [row for row in rows if row["split"] == split]
        for split in ("pool", "reference", "instruction", "benchmark")
    }
    assert all(by_split.values())
    seen = [{sha for row in rows for sha in row["image_sha256"]} for rows in by_split.values()]
    assert sum(map(len, seen)) == len(set.union(*seen))
    concepts = {split: {row["concept"] for row in rows} - {""} for split, rows in by_split.items()}
    assert concepts["instruction"] & (concepts["benchmark"] | concepts["pool"]) == set()
    assert concepts["benchmark"] == concepts["pool"]
    assert {row["style"] for row in by_split["benchmark"]} & {
        row["style"] for row in by_split["pool"]
    } == set()


def test_two_runs_on_one_and_two_processes_write_the_same_bytes(monkeypatch):
    run()
    first = {name: sha256_of_file(f"data/pool/{name}") for name in FILES}
    monkeypatch.setenv("BETTERSYNTH_THREADS", "2")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(pool.__file__).parents[2])]))
    run()
    assert {name: sha256_of_file(f"data/pool/{name}") for name in FILES} == first


def told_in_shards() -> dict[str, dict[str, str]]:
    """What the tar files tell of the first pair of each picture, by its id."""
    told = {}
    for path in Path("data/pool/images").glob("*.tar"):
        with tarfile.open(path) as archive:
            for name in filter(lambda name: name.endswith(".json"), archive.getnames()):
                known = json.load(archive.extractfile(name))
                told[known["id"]] = known
    return told


def test_half_the_captions_are_swapped_and_none_swapped_gives_the_same_images():
    rows = {row["id"]: row for row in run() if row["split"] == "pool"}
    planted = {row["id"]: row for row in read_table("data/pool/planted.parquet").to_pylist()}
    assert set(planted) == set(rows)
    assert sum(row["planted"] for row in planted.values()) == len(rows) / 2
    for name, row in planted.items():
        if row["planted"]:
            donor = planted[row["donor_id"]]
            assert rows[name]["text"] == donor["original_text"] != row["original_text"]
            assert (
                rows[name]["concept"] == ""
                or rows[name]["concept"] != rows[row["donor_id"]]["concept"]
            )
        else:
            assert rows[name]["text"] == row["original_text"]
            assert row["donor_id"] == ""
    told = told_in_shards()
    for name, row in planted.items():
        assert told[name]["caption"] == caption_of_text(row["original_text"])
    images = sha256_of_file("data/pool/images/shards.json")
    clean = {row["id"]: row["text"] for row in run(planted_share=0.0) if row["split"] == "pool"}
    assert clean == {name: row["original_text"] for name, row in planted.items()}
    assert sha256_of_file("data/pool/images/shards.json") == images


def test_the_users_pairs_are_the_pool_and_the_embedded_pictures_the_rest():
    source = write_own(
        {"id": "mine", "text": "a dog", "images": ["a.jpg"]},
        files={"a.jpg": picture_bytes(700, "JPEG", (90, 70))},
    )
    rows = run(source)
    assert [(row["id"], row["width"], row["source"]) for row in rows if row["split"] == "pool"] == [
        ("mine", [90], "jsonl")
    ]
    assert ImageStore("data/pool/images").read("a.jpg") == Path("a.jpg").read_bytes()
    card = read_json("data/pool/card.json")
    assert card["planted"] == 0
    assert card["samples"]["benchmark"] == {"noto": 7}
    assert (
        sum(card["samples"]["reference"].values())
        == len([row for row in rows if row["split"] == "reference"])
        > 8
    )


def test_the_users_name_for_an_embedded_picture_is_one_clear_error():
    source = write_own(
        {"id": "noto-1f400", "text": "a dog", "images": ["a.jpg"]},
        files={"a.jpg": picture_bytes(1, "JPEG")},
    )
    with pytest.raises(UserError, match="'noto-1f400' is also the name of an embedded picture"):
        run(source, emoji={"instruction_share": 0.0})


def bomb(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


BAD = {
    "cut.jpg": picture_bytes(3, "JPEG", (64, 64))[:-300],
    "bomb.png": bomb(20_000),
    "text.png": b"not a picture",
    "empty.png": b"",
}


def test_unusable_pictures_are_set_aside_with_the_reason():
    rows = [{"id": name, "text": "a caption", "images": [name]} for name in [*BAD, "good.jpg"]] + [
        {"id": "e", "text": " ", "images": ["good.jpg"]}
    ]
    source = write_own(*rows, files=BAD | {"good.jpg": picture_bytes(900, "JPEG")})
    assert [row["id"] for row in run(source, max_reject_share=0.9) if row["split"] == "pool"] == [
        "good.jpg"
    ]
    reasons = {
        row["id"]: row["reason"] for row in read_table("data/pool/rejects.parquet").to_pylist()
    }
    assert reasons["cut.jpg"].startswith("truncated image")
    assert reasons["bomb.png"].startswith("too many pixels")
    assert (reasons["text.png"], reasons["empty.png"], reasons["e"]) == (
        f"not an image: it is none of {', '.join(FORMATS)}",
        "empty file",
        "empty caption",
    )


def test_too_many_unusable_pictures_fail_the_step_with_their_count():
    rows = [{"id": name, "text": "a caption", "images": [name]} for name in [*BAD, "good.jpg"]]
    source = write_own(*rows, files=BAD | {"good.jpg": picture_bytes(900, "JPEG")})
    message = (
        r"4 of 5 pairs are unusable \((1 [a-z ]+(, )?){4}\), more than pool\.max_reject_share 0\.1 "
        r"allows; the first: bomb\.png: too many pixels"
    )
    with pytest.raises(UserError, match=message):
        run(source)
    assert not Path("data/pool").exists()


def test_a_pool_of_pairs_that_are_all_unusable_is_refused_at_any_share():
    source = write_own(
        {"id": "1", "text": "", "images": ["good.jpg"]},
        files={"good.jpg": picture_bytes(900, "JPEG")},
    )
    with pytest.raises(UserError, match="1 of 1 pairs are unusable"):
        run(source, max_reject_share=1.0)


def test_several_images_of_one_pair_are_kept_in_order_and_a_shared_one_once():
    rows = [
        {"id": "1", "text": "<__dj__image> b <__dj__image> a", "images": ["b.jpg", "a.jpg"]},
        {"id": "2", "text": "a", "images": ["a.jpg"]},
    ]
    files = {
        "a.jpg": picture_bytes(7, "JPEG", (60, 40)),
        "b.jpg": picture_bytes(8, "JPEG", (50, 40)),
    }
    own = [row for row in run(write_own(*rows, files=files)) if row["split"] == "pool"]
    assert [(row["images"], row["width"]) for row in own] == [
        (["b.jpg", "a.jpg"], [50, 60]),
        (["a.jpg"], [60]),
    ]
    assert caption_of_text(own[0]["text"]) == "b  a"
    assert ImageStore("data/pool/images").names().count("a.jpg") == 1


def test_without_archives_the_step_names_what_makes_them():
    shutil.rmtree("data/archives")
    with pytest.raises(UserError, match="run `snakemake --cores all data/archives`"):
        run()


def test_the_committed_settings_are_those_of_params_yaml():
    conf = yaml.safe_load((Path(__file__).parents[2] / "conf/pool/nano.yaml").read_text())
    settings = read_settings(PoolSettings, conf, "conf/pool/nano.yaml")
    assert settings == default_settings("pool")
    assert settings.emoji == default_settings("pool.emoji")


def test_a_full_disk_is_one_line_and_leaves_no_half_file(tmp_path):
    small = tmp_path / "small_disk"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", small], capture_output=True
    ).returncode:
        pytest.skip("mounting a small tmpfs needs root")
    try:
        (small / "data").mkdir()
        (small / "data/archives").symlink_to(tmp_path / "data/archives")
        (small / "filler").write_bytes(bytes(500_000))
        settings = {"longest_side": 48, "clipart": CLIPART, "emoji": {"instruction_share": 0.4}}
        source = {"name": "clipart", "file": "conf/source/clipart.yaml"}
        (small / "params.yaml").write_text(
            yaml.safe_dump(default_params(source=source, pool=settings))
        )
        done = subprocess.run(
            [sys.executable, "-m", "bettersynth.steps.pool"],
            cwd=small,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "error: No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(small.glob("data/pool/*images*"))
    finally:
        subprocess.run(["umount", small], check=True)
