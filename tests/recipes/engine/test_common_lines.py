"""Lines of text that many rows share are counted by rows and removed from records on disk."""

from pathlib import Path

from support.one_operator import line

from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.recipes.engine.common_lines import CommonLines, keys_of_lines
from bettersynth.recipes.engine.records import Record, RecordFile, load_record

TWICE = line("document_line_deduplicator", frequency_threshold=1)


def test_the_rest_of_a_row_stays_and_an_unchanged_row_stays_byte_for_byte(tmp_path: Path, capsys):
    rows = [{"text": "one\nboth"}, {"text": "both\ntwo\nboth"}, {"text": "three"}, {}]
    written = [b'{"text": "one\\nboth", "id": 1}', b'{"text": "both\\ntwo\\nboth"}']
    written += [b'{"text":"three"}', b"{}"]
    before = RecordFile(tmp_path / "before")
    before.append([Record(row, {"num": 3}, {}, 7).dump() for row in written])
    before.close()
    common = CommonLines(TWICE, RowForm())
    common.add(keys_of_lines(TWICE, rows, RowForm()))
    after = common.removed(before, tmp_path / "after")
    (records,) = after.chunks(10)
    left = [load_record(record) for record in records]
    assert [record.row for record in left] == [
        b'{"text": "one", "id": 1}',
        b'{"text": "two"}',
        b'{"text":"three"}',
        b"{}",
    ]
    assert (left[0].stats, left[0].line) == ({"num": 3}, 7)
    assert "1 lines in more than 1 rows, removed from 2 rows" in capsys.readouterr().out
