"""Write `results/report.html`: one page, complete in itself, on the data and what came of it.

Run alone: `python -m bettersynth.steps.report`. Reads tables, cards, loss curves and scores; writes
the page and the tables behind `dvc plots show` (`results/plots/`). The same inputs give the same
bytes.
"""

from __future__ import annotations

from bettersynth.data.tables.report import REPORT, write_report
from bettersynth.experiments.report.page import make_page
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.reading import load_params


def main() -> None:
    """Run the stage `report` on params.yaml."""
    page = make_page(load_params())
    write_report(page)
    print(f"{REPORT}: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run_step(main)
