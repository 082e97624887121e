import os
import subprocess
import sys

import pyarrow as pa
import pytest

from bettersynth.errors import UserError, run_step
from bettersynth.files import complete_or_absent, read_json, scratch_folder, sha256_of_file, write_json, write_table


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "score.json"
    write_json(target, {"a": 1})
    with pytest.raises(FileNotFoundError), complete_or_absent(target) as temporary:
        temporary.with_name("no-such-folder").joinpath("half").write_text("half")
    assert read_json(target) == {"a": 1}
    assert os.listdir(tmp_path) == ["score.json"]


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
        (OSError(28, "No space left on device", "data/x"), "error: No space left on device: data/x"),
    ],
)
def test_a_users_mistake_ends_a_step_with_one_line(error, line):
    def main():
        raise error

    with pytest.raises(SystemExit) as stopped:
        run_step(main)
    assert stopped.value.code == line


def test_a_reader_that_has_seen_enough_is_no_error():
    program = "from bettersynth.errors import run_step; run_step(lambda: print('a line\\n' * 100_000))"
    writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "a line\n"
    writer.stdout.close()
    assert writer.stderr.read() == ""
    assert writer.wait() == 1
    writer.stderr.close()
