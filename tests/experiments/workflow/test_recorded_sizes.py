from pathlib import Path

import pytest
import yaml

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.recorded_sizes import warn_of_other_sizes

TABLE = Path("data/benchmark/mmbench.tsv")
ROWS = "index\tanswer\n1\tA\n2\tB\n"
PATHS = [TABLE, Path("data/absent.tsv"), Path("data/unknown.tsv")]


@pytest.fixture
def _recorded(tmp_path, monkeypatch):
    """A table and what dvc.lock says of it; and one of which it says nothing."""
    monkeypatch.chdir(tmp_path)
    TABLE.parent.mkdir(parents=True)
    TABLE.write_text(ROWS)
    Path("data/unknown.tsv").write_text("x\n")
    outs = [
        {"path": str(TABLE), "hash": "md5", "md5": "0" * 32, "size": len(ROWS)},
        {"path": "data/absent.tsv", "size": 7},
    ]
    stages = {"benchmark": {"cmd": "x", "outs": outs}, "bare": {"cmd": "x"}}
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))


def test_a_table_that_was_cut_between_two_rows_is_told(_recorded, capsys):
    warn_of_other_sizes(PATHS)
    assert capsys.readouterr().err == ""
    TABLE.write_text("index\tanswer\n1\tA\n")
    warn_of_other_sizes(PATHS)
    said = capsys.readouterr().err
    assert said == (
        "warning: data/benchmark/mmbench.tsv has 17 bytes, and dvc.lock records 21: it was cut, or "
        "made without DVC; delete it and run `snakemake --cores all data/benchmark/mmbench.tsv`, "
        "which brings it back\n"
    )


def test_without_a_record_nothing_is_said(_recorded, capsys):
    TABLE.write_text("")
    Path("dvc.lock").unlink()
    warn_of_other_sizes(PATHS)
    assert capsys.readouterr().err == ""


def test_a_record_that_dvc_did_not_write_is_one_line(_recorded):
    Path("dvc.lock").write_text("stages: [1]\n")
    with pytest.raises(UserError, match="dvc.lock: stages must hold names with values"):
        warn_of_other_sizes(PATHS)
