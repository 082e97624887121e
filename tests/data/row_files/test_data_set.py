from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.row_files import rows_of, write_saved_folder

from bettersynth.data.row_files.data_set import Source, dataset_files, parse_dataset_path
from bettersynth.errors import UserError


def test_a_data_set_is_a_file_or_a_folder_of_files_without_a_runs_own(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".out.jsonl.host-1-x").mkdir()
    own = ["b_stats.jsonl", "b_rejects.jsonl", "b_dropped.jsonl", "b_drawn.jsonl", ".h.jsonl"]
    others = ["readme.txt", ".out.jsonl.host-1-x/pass0.jsonl"]
    rows = ["a.json", "b.jsonl", "c.jsonl.gz", "sub/d.parquet", "sub/e.tar"]
    for name in own + others + rows:
        (tmp_path / name).write_text("{}")
    found = [str(file.relative_to(tmp_path)) for file in dataset_files(tmp_path)]
    assert found == rows
    assert dataset_files(tmp_path / "b.jsonl") == [tmp_path / "b.jsonl"]
    assert dataset_files(tmp_path, [".tar"]) == [tmp_path / "sub/e.tar"]
    with pytest.raises(UserError, match="must be a .jsonl file"):
        dataset_files(tmp_path / "readme.txt")
    with pytest.raises(UserError, match="none of suffixes .tar"):
        dataset_files(tmp_path / "b.jsonl", [".tar"])
    with pytest.raises(UserError, match="does not exist"):
        dataset_files(tmp_path / "none.jsonl")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="a folder without a .jsonl file; what is read: .jsonl, "):
        dataset_files(tmp_path / "empty")


def test_a_folder_of_img2dataset_is_its_tars(tmp_path):
    names = ["00000.parquet", "00000.tar", "00000_stats.json", "00001.tar", "more.parquet"]
    for name in names:
        (tmp_path / name).touch()
    read = [path.name for path in dataset_files(tmp_path)]
    assert read == ["00000.tar", "00001.tar", "more.parquet"]
    # who asks for them gets them
    assert [path.name for path in dataset_files(tmp_path, (".parquet",))] == [
        "00000.parquet",
        "more.parquet",
    ]


def test_a_table_of_lance_is_a_folder_that_counts_as_a_file(tmp_path):
    table = tmp_path / "b.lance"
    for name in ("_versions/1.manifest", "data/1.lance", "_deletions/0-1.arrow"):
        (table / name).parent.mkdir(parents=True, exist_ok=True)
        (table / name).touch()
    for name in ("a.jsonl", "b.lance.jsonl", "c.lance"):
        (tmp_path / name).touch()
    found = [path.name for path in dataset_files(tmp_path)]
    assert found == ["a.jsonl", "b.lance", "b.lance.jsonl"]
    assert dataset_files(table) == [table]
    with pytest.raises(UserError, match="b.lance is none of suffixes .jsonl"):
        dataset_files(table, [".jsonl"])


def test_a_saved_folder_of_hugging_face_is_its_arrow_files(tmp_path):
    rows = [{"text": "a"}, {"text": "b"}, {"text": "c"}]
    write_saved_folder(tmp_path / "saved", rows)
    read = []
    for file in dataset_files(tmp_path / "saved"):
        read += rows_of(file)
    assert read == rows


def test_a_saved_folder_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(UserError, match="holds splits; name the folder of one: train, test"):
        dataset_files(tmp_path)
    (tmp_path / "dataset_dict.json").unlink()
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "../x.arrow"}]}))
    with pytest.raises(UserError, match="state.json names ../x.arrow, which is not there"):
        dataset_files(tmp_path)
    (tmp_path / "state.json").write_text("[]")
    with pytest.raises(UserError, match="state.json names no arrow file"):
        dataset_files(tmp_path)


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("a.jsonl", [Source("a.jsonl")]),
        ("0.3 a.jsonl 0.7 b.jsonl", [Source("a.jsonl", 0.3), Source("b.jsonl", 0.7)]),
        ("a.jsonl 2 'b c.jsonl'", [Source("a.jsonl"), Source("b c.jsonl", 2.0)]),
        ("with space.jsonl", [Source("with space.jsonl")]),
    ],
)
def test_weights_stand_before_their_paths(text, sources, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("with space.jsonl").touch()
    assert parse_dataset_path(text) == sources


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.3 0.7 b.jsonl", "0.7 follows a weight; a path must"),
        ("a.jsonl 0.7", "ends with a weight; its path must follow"),
        ("a.jsonl 'b.jsonl", "No closing quotation"),
    ],
)
def test_weights_without_paths_are_refused(text, message):
    with pytest.raises(UserError, match=message):
        parse_dataset_path(text)
