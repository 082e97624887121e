"""`results/plots/`: the tables behind `dvc plots show`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bettersynth.data.files.spreadsheets import plain_cell
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.tables.loss_curves import Curve

PLOTS = Path("results/plots")


class Category(Protocol):
    """One bar of `categories.tsv`: percent, with its interval."""

    label: str
    note: str
    score: float
    low: float
    high: float


def write_loss_plot(stage: str, curves: Mapping[int, Curve]) -> None:
    """Write the losses of every seed of one training stage, one line a seed and step."""
    lines = ["seed\tstep\tloss"]
    for seed, (steps, losses) in curves.items():
        for step, loss in zip(steps, losses, strict=True):
            lines.append(f"{seed}\t{step:g}\t{loss:.6g}")
    _write_lines(PLOTS / f"{stage}_loss.tsv", lines)


def write_category_plot(rows: Sequence[Category]) -> None:
    """Write the score of every category with its interval."""
    lines = ["category\tscore\tlow\thigh\tnote"]
    for row in rows:
        numbers = f"{row.score:.2f}\t{row.low:.2f}\t{row.high:.2f}"
        lines.append(f"{plain_cell(row.label)}\t{numbers}\t{plain_cell(row.note)}")
    _write_lines(PLOTS / "categories.tsv", lines)


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    with complete_or_absent(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
