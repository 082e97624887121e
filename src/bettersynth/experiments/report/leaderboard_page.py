"""The leaderboard as one page that is complete in itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.experiments.history.leaderboard import (
    BENCHMARKS,
    BoardRow,
    Leaderboard,
    bounds_words,
    cost_words,
    difference_words,
    settings_words,
)
from bettersynth.experiments.report.score_lines import ScoredPoint, score_lines
from bettersynth.experiments.report.templates import filled


def write_leaderboard(board: Leaderboard, page: Path) -> None:
    """Write the page of all experiments.

    Raises:
        UserError: `page` does not end in .html: it may be a file that is read.
    """
    if page.suffix != ".html":
        raise UserError(f"--page {page} must end in .html")
    content = {
        "board": board,
        "charts": _charts(board.rows),
        "bounds_words": bounds_words,
        "difference_words": difference_words,
        "cost_words": cost_words,
        "settings_words": settings_words,
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("leaderboard.html", content), encoding="utf-8")


def _charts(rows: Sequence[BoardRow]) -> list[tuple[str, Markup]]:
    """Return (caption, picture): both scores against samples, and against the threshold where that
    was moved.
    """
    charts = []
    for benchmark, label in BENCHMARKS.items():
        by_samples = [(row, row.run.score["samples"]) for row in rows]
        by_threshold = [(row, row.threshold) for row in rows]
        for what, values in (("samples", by_samples), ("threshold", by_threshold)):
            known = [(row, float(value)) for row, value in values if value is not None]
            if len({value for _, value in known}) < 2:
                continue
            recipes = [_point(row, x, benchmark) for row, x in known if not row.is_random]
            controls = [_point(row, x, benchmark) for row, x in known if row.is_random]
            picture = score_lines(recipes, controls, what, f"{label}, %")
            charts.append((f"{label} against {what}", picture))
    return charts


def _point(row: BoardRow, x: float, benchmark: str) -> ScoredPoint:
    score = row.run.score
    return ScoredPoint(
        name=row.run.name,
        x=x,
        score=score[benchmark],
        low=score[f"{benchmark}_low"],
        high=score[f"{benchmark}_high"],
    )
