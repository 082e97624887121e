"""`results/report.html`: the page of a run."""

from __future__ import annotations

from pathlib import Path

from bettersynth.data.files.writing import complete_or_absent

REPORT = Path("results/report.html")


def write_report(page: str) -> None:
    """Write the page of a run."""
    with complete_or_absent(REPORT) as temporary:
        temporary.write_text(page, encoding="utf-8")
