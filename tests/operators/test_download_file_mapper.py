"""download_file_mapper in recipes, against a real HTTP server on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.file_server import CONTENT, FileServer, serving
from support.one_operator import line
from support.small_run import dataset, run

from bettersynth.errors import UserError


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _in_folder(in_folder: None) -> None:
    """Every test runs in a folder of its own."""


def downloaded(field: str = "images", **settings: Any) -> list[dict[str, Any]]:
    given = {"download_field": field, "allow_private": True, **settings}
    return run([{"download_file_mapper": given}], export_path="out/kept.jsonl", max_reject_share=1)


def test_addresses_become_paths_beside_the_export_and_are_asked_for_once(files: FileServer) -> None:
    a, same_name = files.url("ok/a.png"), files.url("ok2/a.png")
    dataset([{"text": "one", "images": [a, "own.png"]}, {"text": "two", "images": [same_name, a]}])
    first, second = downloaded()
    assert first["images"][1] == "../own.png"
    assert second["images"][1] == first["images"][0] != second["images"][0]
    path = Path("out") / first["images"][0]
    assert path.parent == Path("out/download_file_mapper")
    assert path.name.startswith("a_") and path.suffix == ".png"
    assert path.read_bytes() == CONTENT + b"/ok/a.png"
    asked = len(files.asked)
    assert downloaded() == [first, second]
    assert len(files.asked) == asked


def test_a_row_without_pictures_gets_no_empty_list_of_them(files: FileServer) -> None:
    dataset([{"text": "one", "address": files.url("ok/a.png")}])
    (row,) = downloaded("address")
    assert sorted(row) == ["address", "text"]


def test_a_row_whose_file_cannot_be_had_is_set_aside_with_its_reason(files: FileServer) -> None:
    urls = [files.url("ok"), files.url("gone"), "ftp://a.org/b", None]
    dataset([{"text": str(row), "url": url} for row, url in enumerate(urls)])
    rows = downloaded("url", save_dir="files")
    assert [row["text"] for row in rows] == ["0", "3"]
    assert rows[0]["url"].startswith("files/ok_")
    assert rows[1]["url"] is None
    rejects = Path("out/kept_rejects.jsonl").read_text().splitlines()
    reasons = [json.loads(reject)["reason"] for reject in rejects]
    assert reasons == [
        f"{urls[1]}: HTTP 404",
        "ftp://a.org/b: only http and https are downloaded, not ftp",
    ]


def test_the_own_network_is_not_asked_unless_that_is_said(files: FileServer) -> None:
    dataset([{"text": "a", "url": files.url("ok")}])
    asked = len(files.asked)
    assert downloaded("url", allow_private=False) == []
    assert len(files.asked) == asked
    reject = json.loads(Path("out/kept_rejects.jsonl").read_text())
    assert "127.0.0.1, which is no public address" in reject["reason"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "download_field names no field"),
        ({"download_field": "url", "save_field": "bytes"}, "save_field would put the content"),
        ({"download_field": "url", "max_concurrent": 0}, "max_concurrent"),
        ({"download_field": "url", "timeout": 0}, "timeout"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        line("download_file_mapper", **settings)


def test_a_field_that_no_row_has_is_told_first() -> None:
    dataset([{"text": "a"}])
    with pytest.raises(UserError, match="no row of data.jsonl has the field url"):
        downloaded("url")
