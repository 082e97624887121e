"""`bettersynth VERB`: all that is no stage of the pipeline; each verb is a file of `verbs/`."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import sys
from collections.abc import Sequence

from bettersynth.errors import UserError, did_you_mean, nearest_first
from bettersynth.experiments.workflow.run_step import run_step, show_any_letter
from bettersynth.verbs import (
    analyze,
    audit,
    baseline,
    browse,
    cache,
    compare,
    compose,
    contamination,
    convert,
    costs,
    diff,
    estimate,
    evaluate,
    explain,
    export,
    fidelity,
    leaderboard,
    models,
    quality,
    report,
    run,
    score,
    status,
    submission,
)
from bettersynth.verbs.working_folder import enter_project

# in the order of use: what is needed, own data, experiments, others' answers, tidying
VERBS = (
    status,
    compose,
    models,
    convert,
    run,
    analyze,
    browse,
    export,
    audit,
    contamination,
    quality,
    evaluate,
    report,
    leaderboard,
    compare,
    diff,
    explain,
    costs,
    estimate,
    fidelity,
    score,
    submission,
    baseline,
    cache,
)

FIRST_STEPS = """\
What to type first:
  snakemake --cores all results/score.json    the whole pipeline: data, training, scores, report
  bettersynth status                          what lies here, and what to type next
  bettersynth models                          every file that it needs from outside: there or not
  bettersynth run recipe.yaml                 a Data-Juicer recipe on your own jsonl, no training
  bettersynth compare results/A results/B     two finished experiments: which one is better

`bettersynth VERB --help` shows a verb's arguments and an example.
"""


def parser() -> argparse.ArgumentParser:
    """Return the whole command line; each verb's `--help` says what it reads and writes."""
    top = argparse.ArgumentParser(
        prog="bettersynth",
        description="Everything beside the pipeline: `snakemake` runs that one.",
        epilog=FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = importlib.metadata.version("bettersynth")
    top.add_argument("--version", action="version", version=f"bettersynth {version}")
    verbs = top.add_subparsers(title="verbs", metavar="VERB", dest="verb")
    for verb in VERBS:
        verb.add(verbs)
    return top


def main() -> None:
    """Run the verb that was typed; with none, teach."""
    show_any_letter()
    # else transformers tells of each of the weights that it loads
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    command_line = parser()
    try:
        _require_verb(sys.argv[1:])
    except UserError as error:
        sys.exit(f"error: {error}")
    arguments = command_line.parse_args()
    if arguments.verb is None:
        command_line.print_help()
        return
    run_step(lambda: _act(arguments))


def _require_verb(words: Sequence[str]) -> None:
    """Pass if the first word is a verb, an option or nothing.

    Raises:
        UserError: it is none; those like it are named.
    """
    names = [verb.__name__.rpartition(".")[2] for verb in VERBS]
    if words and not words[0].startswith("-") and words[0] not in names:
        raise UserError(
            f"there is no verb {words[0]}{did_you_mean(words[0], names)}; the verbs are: "
            f"{nearest_first(words[0], names)} (`bettersynth --help`)"
        )


def _act(arguments: argparse.Namespace) -> None:
    enter_project(arguments)
    arguments.action(arguments)


if __name__ == "__main__":
    main()
