"""The page of a run."""

from __future__ import annotations

from bettersynth.data.tables.report import REPORT, write_report


def test_a_page_is_written_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_report("<p>é</p>\n")
    assert REPORT.read_bytes() == "<p>é</p>\n".encode()
