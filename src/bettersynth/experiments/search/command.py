"""Run the search of `conf/search/NAME.yaml` and write `results/search/NAME/`.

    python -m bettersynth.experiments.search.command NAME --workers 2

`best.json` is what it found, `report.html` its page, `winner.yaml` the winner as an experiment file
and `study.journal` Optuna's study. A search that was killed goes on when it is run again: finished
trials are read, not run.
"""

from __future__ import annotations

import argparse

from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.experiments.report.search_page import write_page
from bettersynth.experiments.search.checks import read_search, require_search
from bettersynth.experiments.search.evaluator import TrialEvaluator, study_folder
from bettersynth.experiments.search.optuna_proposer import OptunaProposer
from bettersynth.experiments.search.procedure import Search
from bettersynth.experiments.search.record import record
from bettersynth.experiments.search.winner_file import winner_file
from bettersynth.experiments.workflow.run_step import run_step

JOURNAL = "study.journal"


def run_search(name: str, workers: int) -> str:
    """Run the search and return what it found, in words.

    Raises:
        UserError: something is wrong with its settings, or with the machine.
    """
    search = read_search(name)
    folder = study_folder(name)
    require_search(search, name, folder, workers)
    proposer = OptunaProposer(search, folder / JOURNAL, name)
    evaluator = TrialEvaluator(search, name, workers)
    finding = Search(search, proposer, evaluator).run()
    best = record(search, name, finding, evaluator, proposer.importances())
    text = winner_file(search, name, finding.winner.values, best["says"])
    with complete_or_absent(folder / "winner.yaml") as temporary:
        temporary.write_text(text, encoding="utf-8")
    write_page(best, text, folder / "report.html")
    write_json(folder / "best.json", best)
    return f"{best['says']}\npage: {folder / 'report.html'}"


def main() -> None:
    """Run the search that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m bettersynth.experiments.search.command",
        description=__doc__.splitlines()[0] if __doc__ else None,
    )
    parser.add_argument("name", help="a file of conf/search, without .yaml")
    parser.add_argument("--workers", type=int, default=1, help="trials at once; default 1")
    arguments = parser.parse_args()
    print(run_search(arguments.name, arguments.workers))


if __name__ == "__main__":
    run_step(main)
