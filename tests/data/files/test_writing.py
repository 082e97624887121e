import os
import subprocess
import sys

import pyarrow as pa
import pytest

from bettersynth.data.files.writing import (
    complete_or_absent,
    parse_json,
    read_json,
    read_table,
    scratch_folder,
    sha256_of_file,
    write_json,
    write_table,
)
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "score.json"
    write_json(target, {"a": 1})
    with pytest.raises(FileNotFoundError), complete_or_absent(target) as temporary:
        temporary.with_name("no-such-folder").joinpath("half").write_text("half")
    assert read_json(target) == {"a": 1}
    assert os.listdir(tmp_path) == ["score.json"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_is_read_in_the_encodings_that_editors_write(tmp_path, encoding):
    (tmp_path / "a.json").write_text('{"caf\u00e9": "\u2028"}', encoding=encoding)
    assert read_json(tmp_path / "a.json") == {"caf\u00e9": "\u2028"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.json is not valid JSON: Expecting value (column 1)"),
        (b'{"a":\n}', "a.json is not valid JSON: Expecting value (line 2, column 1)"),
        (b'"caf\xe9"', "a.json is not UTF-8 text: invalid continuation byte at byte 4"),
        (b"[" * 100_000, "a.json is not valid JSON: maximum recursion depth exceeded"),
        (b"1" * 5000, "a.json is not valid JSON: Exceeds the limit (4300 digits)"),
    ],
)
def test_what_is_no_json_is_one_line_that_says_where(content, message):
    with pytest.raises(UserError) as error:
        parse_json(content, "a.json")
    assert str(error.value).startswith(message)


def test_a_table_cut_short_is_one_line_that_says_what_to_do(tmp_path):
    write_table(tmp_path / "a.parquet", pa.table({"id": ["a", "b"] * 50}))
    whole = (tmp_path / "a.parquet").read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:40] + bytes(40) + whole[80:]):
        (tmp_path / "a.parquet").write_bytes(damaged)
        with pytest.raises(
            UserError, match=r"a\.parquet is damaged; delete it and run `snakemake --cores all"
        ):
            read_table(tmp_path / "a.parquet")
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "b.parquet")


def test_equal_tables_give_equal_bytes(tmp_path):
    table = pa.table({"id": ["a", "b"], "value": [0.5, None]})
    for name in ("one", "two"):
        write_table(tmp_path / name, table)
    assert sha256_of_file(tmp_path / "one") == sha256_of_file(tmp_path / "two")


def test_a_queued_experiment_uses_the_cache_of_the_tree_around_it(tmp_path, monkeypatch):
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "standalone" / "x"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert scratch_folder("scores") == tmp_path / ".cache" / "scores"
    monkeypatch.chdir(tmp_path)
    assert scratch_folder("scores") == tmp_path / ".cache" / "scores"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("no such source"), "error: no such source"),
        (
            OSError(28, "No space left on device", "data/x"),
            "error: No space left on device: data/x",
        ),
    ],
)
def test_a_users_mistake_ends_a_step_with_one_line(error, line):
    def main():
        raise error

    with pytest.raises(SystemExit) as stopped:
        run_step(main)
    assert stopped.value.code == line


def test_a_reader_that_has_seen_enough_is_no_error():
    program = "from bettersynth.experiments.workflow.run_step import run_step; run_step(lambda: print('a line\\n' * 100_000))"
    writer = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "a line\n"
    writer.stdout.close()
    assert writer.stderr.read() == ""
    assert writer.wait() == 1
    writer.stderr.close()
