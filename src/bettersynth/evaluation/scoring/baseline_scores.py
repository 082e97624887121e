"""The stored scores of the baseline experiment that ratios and the total are taken to."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pyarrow as pa

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.data.tables.items import ITEMS, read_items
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.textvqa_parts import READING
from bettersynth.evaluation.scoring.asked_questions import questions_hash
from bettersynth.settings.score import ScoreSettings

# what not every file of a baseline says
OPTIONAL = {"things", "questions"}


@dataclasses.dataclass(frozen=True)
class Baseline:
    """Scores in percent, the protocol behind the MMBench one, and where they come from.

    `things`: whether TextVQA's score is of things that must be seen, and not of words that are
    read; only a file of such a baseline says so. `questions` is `questions_hash` of what it was
    asked, "" where its file does not say.
    """

    mmbench: float
    textvqa: float
    mmbench_protocol: str
    source: str
    things: bool = False
    questions: str = ""


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
    names = [field.name for field in dataclasses.fields(Baseline) if field.name not in OPTIONAL]
    # a baseline of words, and one of an older version, does not say what it answered
    if not isinstance(content, dict) or set(content) - OPTIONAL != set(names):
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


def baseline_for(settings: ScoreSettings, items: pa.Table) -> Baseline | None:
    """Return the baseline that the settings name if it was asked what a run's `items` were asked.

    None if they name none, or if it is known to have answered other questions: a ratio of scores on
    two benchmarks says nothing.

    Raises:
        UserError: as `baseline_of`.
    """
    baseline = baseline_of(settings)
    if baseline and answered_others(baseline, items):
        return None
    return baseline


def answered_others(baseline: Baseline, items: pa.Table) -> bool:
    """Return whether a baseline is known to have been asked something else than `items` were."""
    asked = questions_hash(items)
    return bool(baseline.questions and asked) and baseline.questions != asked


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
        known: dict[str, object] = {"things": True} if READING in score else {}
    except FileNotFoundError:
        raise UserError(
            f"{score_file} does not exist; make it with `snakemake --cores all {score_file}`"
        ) from None
    except (KeyError, TypeError):
        raise UserError(f"{score_file} is not a score.json of the score step") from None
    items = score_file.parent / ITEMS.name
    asked = questions_hash(read_items(items)) if items.exists() else ""
    if asked:
        known["questions"] = asked
    write_json(baseline_file, values | {"source": source} | known)
    # a score of 0 is refused now, and not by the first run that is divided by it
    read_baseline(baseline_file)
