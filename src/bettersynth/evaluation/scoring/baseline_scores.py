"""The stored scores of the baseline experiment that ratios and the total are taken to.

python -m bettersynth.evaluation.scoring.baseline_scores results/unfiltered/score.json conf/score/baseline_nano.json "experiment unfiltered, 5 seeds"
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step


@dataclasses.dataclass(frozen=True)
class Baseline:
    """Scores in percent, the protocol behind the MMBench one, and where they come from."""

    mmbench: float
    textvqa: float
    mmbench_protocol: str
    source: str


def read_baseline(path: Path) -> Baseline:
    """Return the stored baseline.

    Raises:
        UserError: no such file, other fields, or a score that nothing can be divided by.
    """
    try:
        content = read_json(path)
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist; store one with `python -m bettersynth.evaluation.scoring.baseline_scores`, or set score.baseline to null"
        ) from None
    names = [field.name for field in dataclasses.fields(Baseline)]
    if not isinstance(content, dict) or set(content) != set(names):
        raise UserError(f"{path} must hold exactly: {', '.join(names)}")
    for name in ("mmbench", "textvqa"):
        value = content[name]
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or value <= 0
        ):
            raise UserError(f"{path}: {name} is {value!r}; a ratio needs a score above 0")
    return Baseline(**content)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Store the scores of an experiment as the baseline."
    )
    parser.add_argument("score", type=Path, help="its score.json")
    parser.add_argument("baseline", type=Path, help="the file to write")
    parser.add_argument("source", help="where the scores come from, in words")
    arguments = parser.parse_args()
    try:
        score = read_json(arguments.score)
        values = {name: score[name] for name in ("mmbench", "textvqa", "mmbench_protocol")}
    except FileNotFoundError:
        raise UserError(
            f"{arguments.score} does not exist; make it with `snakemake --cores all {arguments.score}`"
        ) from None
    except (KeyError, TypeError):
        raise UserError(f"{arguments.score} is not a score.json of the score step") from None
    write_json(arguments.baseline, values | {"source": arguments.source})
    read_baseline(arguments.baseline)


if __name__ == "__main__":
    run_step(main)
