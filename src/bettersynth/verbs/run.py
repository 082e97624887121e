"""Run a Data-Juicer recipe YAML as it is: dataset_path in, export_path out.

Example:
    bettersynth run recipe.yaml

It prints how many samples survive every line of `process`. In a project `bettersynth costs EXPORT`
shows afterwards what the run took.
Operators, their settings and where they differ from Data-Juicer: docs/operators.md
"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth run` with its arguments."""
    summary = "run a Data-Juicer recipe on a data set"
    verb = add_documented_parser(verbs, "run", summary, __doc__)
    verb.add_argument(
        "recipe", type=Path, help="recipe YAML: dataset_path, export_path, process, ..."
    )
    verb.set_defaults(action=run)


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.history.run_costs import record_run
    from bettersynth.recipes.engine.run import run_recipe

    done = run_recipe(arguments.recipe)
    with contextlib.suppress(OSError):
        record_run(done.export, done.counts)
