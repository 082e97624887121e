from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from support.row_files import write_saved_folder, write_tar
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.recipes.engine.run import run_recipe

ROWS = [{"text": "one"}, {"text": "one two"}, {"text": "one two three"}]
ANY = [{"text_length_filter": {"min_len": 1}}]
TWO_WORDS = [{"words_num_filter": {"min_num": 2}}]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(name: str) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    if name.endswith(".gz"):
        Path(name).write_bytes(gzip.compress(lines))
    elif name.endswith(".zst"):
        with pa.output_stream(name, compression="zstd") as stream:
            stream.write(lines)
    elif name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), name)
    elif name.endswith(".tar"):
        members = {f"{position}.txt": row["text"].encode() for position, row in enumerate(ROWS)}
        write_tar(Path(name), members)
    else:
        write_saved_folder(Path(name), ROWS)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.parquet", "a.tar", "saved"])
def test_every_kind_of_file_gives_the_same_rows(name):
    write(name)
    rows = run(TWO_WORDS, dataset_path=name)
    assert [row["text"] for row in rows] == ["one two", "one two three"]


def test_pictures_of_a_tar_are_measured_and_named_beside_the_export():
    Path("out").mkdir()
    picture = (FIXTURES / "images" / "face.png").read_bytes()
    write_tar(Path("a.tar"), {"1.png": picture, "1.txt": b"a face", "2.txt": b"no picture"})
    recipe = [{"image_shape_filter": {"min_width": 5}}]
    first, _ = run(recipe, dataset_path="a.tar", export_path="out/o.jsonl")
    assert first["images"][0].startswith("o_images/")
    assert (Path("out") / first["images"][0]).read_bytes() == picture


def test_suffixes_of_compressed_files_are_those_of_data_juicer():
    write("a.jsonl.gz")
    assert len(run([{"suffix_filter": {"suffixes": ".jsonl.gz"}}], dataset_path="a.jsonl.gz")) == 3
    assert len(run([{"suffix_filter": {"suffixes": ".gz"}}], dataset_path="a.jsonl.gz")) == 0


def test_rows_are_drawn_by_weight(capsys):
    dataset([{"text": f"a {number}"} for number in range(10)], "a.jsonl")
    dataset([{"text": f"b {number}"} for number in range(10)], "b.jsonl")
    configs = [{"type": "local", "path": "a.jsonl", "weight": 1}, {"path": "b.jsonl", "weight": 3}]
    several = {"configs": configs, "max_sample_num": 8}
    rows = run(ANY, dataset_path="", dataset=several)
    # numpy's permutation of ten with seed 42 starts 5, 6
    assert [row["text"] for row in rows[:2]] == ["a 5", "a 6"]
    assert [row["text"][0] for row in rows] == list("aabbbbbb")
    out = capsys.readouterr().out
    assert "2 rows drawn from a.jsonl" in out
    assert "6 rows drawn from b.jsonl" in out
    assert len(Path("out_drawn.jsonl").read_text().splitlines()) == 8
    Path("out_drawn.jsonl").rename("in_drawn.jsonl")
    Path("out_drawn.jsonl").hardlink_to("in_drawn.jsonl")
    several["configs"][0]["path"] = "in_drawn.jsonl"
    with pytest.raises(UserError, match="drawn rows of dataset out_drawn.jsonl would be written"):
        run(TWO_WORDS, dataset_path="", dataset=several)


def test_several_paths_are_read_one_after_the_other():
    dataset([{"text": "a b"}], "a.jsonl")
    dataset([{"text": "c d"}], "b.jsonl")
    rows = run(TWO_WORDS, dataset_path="0.9 b.jsonl 0.1 a.jsonl")
    assert [row["text"] for row in rows] == ["c d", "a b"]


def test_a_table_without_the_column_is_one_line_before_the_first_row():
    pq.write_table(pa.table({"caption": ["a b"]}), "a.parquet")
    recipe = {"dataset_path": "a.parquet", "export_path": "out.jsonl", "process": TWO_WORDS}
    Path("r.yaml").write_text(yaml.safe_dump(recipe))
    with pytest.raises(UserError, match="no row of a.parquet has the field text, .*text_keys"):
        run_recipe(Path("r.yaml"))
