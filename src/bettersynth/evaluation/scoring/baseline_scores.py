"""The stored scores of the baseline experiment that ratios and the total are taken to."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa_parts import READING
from bettersynth.settings.score import ScoreSettings


@dataclasses.dataclass(frozen=True)
class Baseline:
    """Scores in percent, the protocol behind the MMBench one, and where they come from.

    `things`: whether TextVQA's score is of things that must be seen, and not of words that are
    read; only a file of such a baseline says so.
    """

    mmbench: float
    textvqa: float
    mmbench_protocol: str
    source: str
    things: bool = False


def read_baseline(path: Path) -> Baseline:
    """Return the stored baseline.

    Raises:
        UserError: no such file, other fields, or a score that nothing can be divided by.
    """
    try:
        content = read_json(path)
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist; store one with `bettersynth baseline`, "
            "or set score.baseline to null"
        ) from None
    names = [field.name for field in dataclasses.fields(Baseline) if field.name != "things"]
    # a baseline of words, and one of an older version, does not say what it answered
    if not isinstance(content, dict) or set(content) - {"things"} != set(names):
        raise UserError(f"{path} must hold exactly: {', '.join(names)}")
    for name in ("mmbench", "textvqa"):
        if not _can_divide(content[name]):
            raise UserError(f"{path}: {name} is {content[name]!r}; a ratio needs a score above 0")
    if not isinstance(content.get("things", False), bool):
        raise UserError(f"{path}: things is {content['things']!r}; it must be true or false")
    return Baseline(**content)


def require_same_questions(baseline: Baseline, asks_things: bool, where: str) -> None:
    """Pass if a run's TextVQA asks what the baseline's asked; `where` is its file, for errors.

    Raises:
        UserError: one was asked about things that must be seen, the other about words to read.
    """
    if baseline.things == asks_things:
        return
    kinds = {True: "things between names", False: "words on signs"}
    raise UserError(
        f"{where}: its TextVQA asked about {kinds[baseline.things]}, this run's asks about "
        f"{kinds[asks_things]}, so there is no ratio; set score.baseline to null, or store a "
        "baseline of the same benchmark"
    )


def _is_baseline(path: Path) -> bool:
    try:
        read_baseline(path)
    except UserError:
        return False
    return True


def _can_divide(value: object) -> bool:
    # bool is an int to Python, and `true` no score
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value > 0


def baseline_of(settings: ScoreSettings) -> Baseline | None:
    """Return the baseline that the settings name, None if they name none.

    Raises:
        UserError: it cannot be read, or was measured by another protocol than the headline's.
    """
    if not settings.baseline:
        return None
    baseline = read_baseline(settings.baseline)
    if baseline.mmbench_protocol != settings.mmbench_protocol:
        raise UserError(
            f"{settings.baseline} was measured by {baseline.mmbench_protocol}, "
            f"score.mmbench_protocol is {settings.mmbench_protocol}; "
            "store a baseline of that protocol, or set score.baseline to null"
        )
    return baseline


def store_baseline(score_file: Path, baseline_file: Path, source: str) -> None:
    """Store the scores of a score.json as the baseline; `source` says in words whose they are.

    Raises:
        UserError: there is no such score.json, a score that nothing can be divided by, both files
            are one, or git keeps the other one, which is no baseline.
    """
    refuse_overwriting({"BASELINE": baseline_file}, [score_file], made_before=_is_baseline)
    try:
        score = read_json(score_file)
        values = {name: score[name] for name in ("mmbench", "textvqa", "mmbench_protocol")}
        things = {"things": True} if READING in score else {}
    except FileNotFoundError:
        raise UserError(
            f"{score_file} does not exist; make it with `snakemake --cores all {score_file}`"
        ) from None
    except (KeyError, TypeError):
        raise UserError(f"{score_file} is not a score.json of the score step") from None
    write_json(baseline_file, values | {"source": source} | things)
    # a score of 0 is refused now, and not by the first run that is divided by it
    read_baseline(baseline_file)
