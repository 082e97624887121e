"""Every form holds each pair of the training set once, with the caption that is trained with."""

import io
import json
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from support.small_report import make_data

from bettersynth.errors import UserError
from bettersynth.experiments.export.formats import MARK, export_training_set

# of small_report: s00's own caption was exchanged
CAPTIONS = {"a brown dog", "a tall tree", "one old ship"}


@pytest.fixture(scope="module", autouse=True)
def _in_folder(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run"))
        make_data(None)
        yield


def captions_in_training():
    entries = json.loads(Path("data/mix/train.json").read_text())
    return {entry["id"]: entry["conversations"][1]["value"] for entry in entries}


def test_a_folder_has_a_line_a_picture(tmp_path):
    line = export_training_set("workspace", tmp_path / "set", "folder")
    rows = [json.loads(row) for row in (tmp_path / "set/metadata.jsonl").read_text().splitlines()]
    assert {row["id"]: row["text"] for row in rows} == captions_in_training()
    assert CAPTIONS & {row["text"] for row in rows}
    for row in rows:
        Image.open(tmp_path / "set" / row["file_name"]).verify()
    assert sum(row["visits"] for row in rows) == 20
    assert line == f"{tmp_path / 'set'}: {len(rows)} pairs, 20 visits, as folder"
    assert MARK in (tmp_path / "set/README.md").read_text()


def test_llava_has_the_very_entries_of_training_and_their_pictures(tmp_path):
    export_training_set("workspace", tmp_path / "set", "llava")
    content = (tmp_path / "set/train.json").read_bytes()
    assert content == Path("data/mix/train.json").read_bytes()
    for entry in json.loads(content):
        assert (tmp_path / "set/images" / entry["image"]).is_file()


def test_a_parquet_file_holds_the_pictures_and_says_so_to_hugging_face(tmp_path):
    export_training_set("workspace", tmp_path / "set", "hf")
    table = pq.read_table(tmp_path / "set/data/train-00000-of-00001.parquet")
    rows = table.to_pylist()
    assert {row["id"]: row["text"] for row in rows} == captions_in_training()
    Image.open(io.BytesIO(rows[0]["image"]["bytes"])).verify()
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert set(features) == set(table.column_names)


def test_a_tar_has_three_files_a_pair(tmp_path):
    export_training_set("workspace", tmp_path / "set", "webdataset")
    with tarfile.open(tmp_path / "set/train-000000.tar") as archive:
        names = archive.getnames()
        first = archive.extractfile("000000000.json").read()
        text = archive.extractfile("000000000.txt").read().decode()
    assert len(names) == 3 * len(captions_in_training())
    assert captions_in_training()[json.loads(first)["id"]] == text


def test_an_older_export_is_replaced_and_anything_else_refused(tmp_path):
    folder = tmp_path / "set"
    export_training_set("workspace", folder, "llava")
    export_training_set("workspace", folder, "folder")
    assert not (folder / "train.json").exists()
    (folder / "notes.txt").write_text("x")
    with pytest.raises(UserError, match="set holds notes.txt beside an older export, and would"):
        export_training_set("workspace", folder, "folder")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/precious.txt").write_text("x")
    with pytest.raises(UserError, match="mine exists and is no export"):
        export_training_set("workspace", tmp_path / "mine", "folder")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="file exists and is no export"):
        export_training_set("workspace", tmp_path / "file", "folder")
