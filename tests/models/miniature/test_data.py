from __future__ import annotations

import csv
import io
import json
import tarfile

import pytest
from PIL import Image, UnidentifiedImageError

from bettersynth.models.miniature.data import (
    write_instruction,
    write_mmbench,
    write_seed_set,
    write_textvqa,
)


def test_the_seed_set_has_a_broken_a_wide_and_a_repeated_picture(tmp_path):
    captions = write_seed_set(tmp_path, tmp_path / "stage_1.json")
    lines = (tmp_path / "mgm_pretrain_stage_1.jsonl").read_text().splitlines()
    names = [json.loads(line)["images"][0] for line in lines]
    with tarfile.open(tmp_path / "pretrain_stage_1.tar.gz") as tar:
        pictures = [tar.extractfile(name).read() for name in names]
    assert len(captions) == len(names) == 40
    assert Image.open(io.BytesIO(pictures[5])).width == 400
    with pytest.raises((OSError, UnidentifiedImageError)):
        Image.open(io.BytesIO(pictures[7])).load()
    assert pictures[9] == pictures[0]
    asked = json.loads((tmp_path / "stage_1.json").read_text())
    assert [row["conversations"][1]["value"] for row in asked] == captions


def test_the_same_bytes_are_written_every_time(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_seed_set(tmp_path / name, tmp_path / name / "stage_1.json")
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) == 3
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_one_conversation_in_five_is_about_no_picture(tmp_path):
    write_instruction(tmp_path / "rows.json", tmp_path)
    rows = json.loads((tmp_path / "rows.json").read_text())
    with_picture = [row for row in rows if "image" in row]
    assert (len(rows), len(with_picture)) == (20, 16)
    assert all((tmp_path / row["image"]).exists() for row in with_picture)
    assert {len(row["conversations"]) for row in rows} == {2, 4}


def test_rolled_forms_keep_the_right_option_right(tmp_path):
    write_mmbench(tmp_path / "mmbench.tsv")
    csv.field_size_limit(10**9)
    with open(tmp_path / "mmbench.tsv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert len(rows) == 2 + 3 + 4 + 2
    right = {}
    for row in rows:
        right.setdefault(int(row["index"]) % 1_000_000, set()).add(row[row["answer"]])
    assert all(len(answers) == 1 for answers in right.values())


def test_textvqa_has_a_picture_and_ten_answers_a_question(tmp_path):
    write_textvqa(tmp_path)
    lines = (tmp_path / "llava_textvqa_val_v051_ocr.jsonl").read_text().splitlines()
    entries = json.loads((tmp_path / "TextVQA_0.5.1_val.json").read_text())["data"]
    assert len(lines) == len(entries) == 6
    assert all(len(entry["answers"]) == 10 for entry in entries)
    for line in lines:
        assert (tmp_path / "train_images" / json.loads(line)["image"]).exists()
