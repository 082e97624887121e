"""One line for a lack of disk, files or memory, in the words of each library that meets it."""

import os
import resource
import sqlite3

import numpy as np
import pyarrow as pa
import pytest
import torch
from safetensors.torch import save_file

from bettersynth.data.files.writing import complete_or_absent, write_table
from bettersynth.experiments.workflow.shortage import AGAIN, shortage_in


def write_text(path):
    with open(path, "w") as stream:
        stream.write("a" * 100_000)


def write_with_safetensors(path):
    save_file({"weight": torch.zeros(100_000)}, path)


def write_with_torch(path):
    torch.save({"weight": torch.zeros(100_000)}, path)


@pytest.fixture
def small_files():
    """Files end at 20 KB for this process, which looks to a library like a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("write", [write_text, write_with_safetensors, write_with_torch])
def test_a_full_disk_names_the_file_whoever_writes_it(tmp_path, small_files, write):
    target = tmp_path / "weights"
    with pytest.raises(Exception) as raised:
        with complete_or_absent(target) as temporary:
            write(temporary)
    assert f": {target}; make room there, then {AGAIN}" in shortage_in(raised.value)
    assert not os.listdir(tmp_path)


def test_a_table_that_meets_a_full_disk_is_one_line(tmp_path, small_files):
    table = pa.table({"id": np.random.default_rng(0).integers(2**60, size=20_000)})
    with pytest.raises(OSError) as raised:
        write_table(tmp_path / "rows.parquet", table)
    assert f"{tmp_path}/rows.parquet; make room there" in shortage_in(raised.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(24, "Too many open files", "a.png"),
            "Too many open files: a.png; raise the limit",
        ),
        (sqlite3.OperationalError("unable to open database file"), "Too many open files; raise"),
        (OSError(27, "File too large", "a.parquet"), "File too large: a.parquet; make room"),
        (sqlite3.OperationalError("database or disk is full"), "No space left on device; make"),
        (MemoryError(), "out of memory; the machine"),
        (OSError(12, "Cannot allocate memory"), "out of memory; the machine"),
        (ImportError("libtorch.so: failed to map segment from shared object"), "out of memory; "),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
            "out of memory",
        ),
        (RuntimeError("can't start new thread"), "out of memory; the machine"),
    ],
)
def test_a_shortage_is_known_by_number_or_words(error, said):
    assert shortage_in(error).startswith(said)
    assert shortage_in(error).endswith(AGAIN)


def test_an_error_of_another_kind_is_none():
    assert shortage_in(ValueError("28 rows")) is None
    assert shortage_in(OSError(2, "No such file or directory", "a")) is None


def test_the_error_behind_one_counts():
    try:
        try:
            raise OSError(28, "No space left on device", "optimizer.pt")
        except OSError as error:
            raise RuntimeError("saving failed") from error
    except RuntimeError as error:
        assert "optimizer.pt" in shortage_in(error)
