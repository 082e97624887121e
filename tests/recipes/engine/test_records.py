import errno
from pathlib import Path

import numpy as np
import pytest

from bettersynth.recipes.engine.records import Record, RecordFile, WordFiles, load_record


def test_a_record_comes_back_with_its_row_byte_for_byte():
    record = Record('{"a":  "é"}'.encode(), {"n": [1, None]}, {"__dj__hash": "x"}, 7)
    assert load_record(record.dump()) == record


def test_records_are_read_in_any_order_chosen_twice(tmp_path):
    records = RecordFile(tmp_path / "pass0")
    records.append([b"zero\n", b"one\n"])
    records.append([b"two\n"])
    records.close()
    assert list(records.chunks(2)) == [[b"zero\n", b"one\n"], [b"two\n"]]
    records.choose([2, 0])
    assert list(records.chunks(5)) == [[b"two\n", b"zero\n"]]
    records.choose([1])
    assert (len(records), list(records.chunks(5))) == (1, [[b"zero\n"]])


def test_keys_come_back_word_by_word(tmp_path):
    words = WordFiles(tmp_path / "keys")
    keys = np.arange(6, dtype=np.uint64).reshape(3, 2)
    words.append([row.tobytes() for row in keys[:2]])
    words.append([])
    words.append([keys[2].tobytes()])
    words.close()
    assert len(words) == 3
    assert [word.tolist() for word in words.words()] == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is made by Linux's device")
def test_a_full_disk_is_told_with_the_file(tmp_path):
    (tmp_path / "pass0").symlink_to("/dev/full")
    (tmp_path / "keys.0").symlink_to("/dev/full")
    records, words = RecordFile(tmp_path / "pass0"), WordFiles(tmp_path / "keys")
    records.append([b"kept in memory till the end"])
    words.append([b"8 bytes!"])
    for file in (records, words):
        with pytest.raises(OSError) as told:
            file.close()
        assert told.value.errno == errno.ENOSPC
        assert told.value.__notes__ == [f"while writing {file.path}"]
