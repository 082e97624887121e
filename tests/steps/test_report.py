"""The report step: a page that is complete in itself and the same every time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.small_report import PLANTED, make_run

from bettersynth.errors import UserError
from bettersynth.steps import report


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Links(HTMLParser):
    """Collects every address a browser would load, and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [
            value or ""
            for name, value in attrs
            if name in ("src", "href", "srcset", "action", "data")
        ]
        if tag not in ("meta", "img", "link", "br", "line", "rect", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("line", "rect", "circle", "polyline"):
            return
        assert self.open.pop() == tag


def test_the_page_loads_nothing_and_is_the_same_every_time() -> None:
    make_run(PLANTED)
    report.main()
    page = Path("results/report.html").read_text(encoding="utf-8")
    parser = Links()
    parser.feed(page)
    assert parser.open == []
    assert all(address.startswith(("#", "data:image/jpeg;base64,")) for address in parser.addresses)
    assert not re.search(r"https?://|@import|url\(", page)
    report.main()
    assert Path("results/report.html").read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("results/pretrain/1.tsv", "results/pretrain/1.tsv does not exist; run `snakemake"),
        ("data/mix/decisions.parquet", "data/mix/decisions.parquet does not exist; run `snakemake"),
        ("results/score.json", "results/score.json does not exist; run `snakemake"),
    ],
)
def test_what_is_missing_is_one_clear_error(path: str, message: str) -> None:
    make_run(PLANTED)
    Path(path).unlink()
    with pytest.raises(UserError, match=message):
        report.main()
    assert not Path("results/report.html").exists()
