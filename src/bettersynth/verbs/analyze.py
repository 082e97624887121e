"""Measure every sample with every filter of a recipe, dropping none: counts, quantiles, histograms,
correlation, examples.

Example:
    bettersynth analyze recipe.yaml --percentiles 0.05 0.95

Without a recipe: what the pipeline measured on its pool (data/stats), into results/analysis.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bettersynth.settings.refine import RefineSettings
from bettersynth.verbs.documented_parser import Verbs, add_documented_parser


def add(verbs: Verbs) -> None:
    """Add `bettersynth analyze` with its arguments."""
    summary = "what the filters of a recipe measure, on one page; bounds from the data"
    verb = add_documented_parser(verbs, "analyze", summary, __doc__)
    verb.add_argument("recipe", nargs="?", type=Path, help="recipe YAML, as for run")
    verb.add_argument(
        "--output", type=Path, help="folder; default: NAME_analysis beside the export"
    )
    verb.add_argument(
        "--quantiles",
        nargs="+",
        type=share,
        default=[],
        metavar="Q",
        help="further quantiles, in [0, 1]",
    )
    refined = verb.add_mutually_exclusive_group()
    refined.add_argument(
        "--k-sigma",
        type=float,
        metavar="K",
        help="also write refined.yaml, its bounds mean - K and + K deviations",
    )
    refined.add_argument(
        "--percentiles",
        nargs=2,
        type=share,
        metavar=("LOW", "HIGH"),
        help="the same with two quantiles, such as 0.05 0.95",
    )
    verb.set_defaults(action=run)


def share(text: str) -> float:
    """Return a number in [0, 1].

    Raises:
        argparse.ArgumentTypeError: it is not in that range.
    """
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not in [0, 1]")
    return value


def run(arguments: argparse.Namespace) -> None:
    """Do what the arguments ask for."""
    from bettersynth.experiments.report import analysis_folder

    rule = RefineSettings("")
    if arguments.k_sigma is not None:
        rule = RefineSettings("k_sigma", k=arguments.k_sigma)
    elif arguments.percentiles:
        low, high = arguments.percentiles
        rule = RefineSettings("percentiles", low=low, high=high)
    if arguments.recipe:
        analysis_folder.analyze_recipe(
            arguments.recipe, arguments.output, rule, arguments.quantiles
        )
    else:
        analysis_folder.analyze_pool(arguments.output, rule, arguments.quantiles)
