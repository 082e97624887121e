"""`bettersynth score`: other people's predictions on MMBench or TextVQA, by every protocol side by
side or by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.data.row_files.row_file import require_row_file
from bettersynth.data.tables.items import TEXT_PROTOCOL, harness_column
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks import mmbench_letters, textvqa, textvqa_answers
from bettersynth.evaluation.benchmarks.mmbench import GROUP, base_questions, read_questions
from bettersynth.evaluation.benchmarks.mmbench_accuracy import (
    accuracy_table,
    chance_levels,
    circular_hits,
    likelihood_hits,
    right_rows,
)
from bettersynth.evaluation.benchmarks.mmbench_pictures import pictures_of_questions
from bettersynth.evaluation.benchmarks.textvqa_parts import HEADLINE, READING, kind_of, text_parts
from bettersynth.evaluation.scoring.choice_predictions import (
    read_choice_predictions,
    require_likelihoods,
)
from bettersynth.evaluation.scoring.headline import percent
from bettersynth.evaluation.scoring.lent_spread import lent, require_same_text, training_part
from bettersynth.evaluation.scoring.text_predictions import read_text_predictions
from bettersynth.evaluation.statistics.intervals import score_interval
from bettersynth.evaluation.statistics.pictures import by_picture

PROTOCOLS = {"mmbench": mmbench_letters.PROTOCOLS, "textvqa": textvqa_answers.PROTOCOLS}


def score_files(
    benchmark: str,
    questions: Path,
    predictions: Path,
    protocol: str | None = None,
    output: Path | None = None,
    spread: pa.Table | None = None,
) -> dict[str, Any]:
    """Score `predictions` against `questions`, print a table, and return the numbers.

    MMBench: `questions` is its TSV with answers. TextVQA: it is the official annotation JSON
    (TextVQA_0.5.1_val.json). No protocol: all of `PROTOCOLS` that apply. Numbers are percent; the
    intervals are over the pictures (one trained model), and over trainings too with `spread`, the
    items of an experiment with several seeds. They are written to `output` if it is given.

    Raises:
        UserError: unknown protocol, files that do not fit each other, or `output` is one of them.
    """
    if benchmark not in PROTOCOLS:
        raise UserError(f"there is no benchmark {benchmark}; allowed: {', '.join(PROTOCOLS)}")
    known = PROTOCOLS[benchmark]
    if protocol is not None and protocol not in known:
        raise UserError(
            f"{benchmark} has no protocol {protocol}; its protocols are: {', '.join(known)}"
        )
    if output is not None:
        refuse_overwriting({"--output": output}, [questions, predictions])
    protocols = [protocol] if protocol else list(known)
    score = _score_mmbench if benchmark == "mmbench" else _score_textvqa
    result = {
        "benchmark": benchmark,
        "questions": str(questions),
        "predictions": str(predictions),
        "interval": training_part(1, spread is not None),
        **score(questions, predictions, protocols, spread),
    }
    print(_table(result))
    if output is not None:
        write_json(output, result)
        print(f"written: {output}")
    return result


def _numbers(
    scores: np.ndarray, pictures: Sequence[str], spread_of: np.ndarray | None
) -> dict[str, float]:
    """Return the mean of `scores [items]` and its interval over `pictures [items]`, in percent."""
    # one trained model is one row of seeds
    one_seed = scores[None, :].astype(float)
    interval = score_interval(by_picture(one_seed, pictures), spread_of=spread_of)
    return {
        "score": percent(interval.mean),
        "low": percent(interval.low),
        "high": percent(interval.high),
    }


def _score_mmbench(
    path: Path, predictions: Path, protocols: list[str], spread: pa.Table | None
) -> dict[str, Any]:
    questions = read_questions(path)
    read = read_choice_predictions(predictions, questions)
    base = base_questions(questions)
    is_base = [question.index < GROUP for question in questions]
    picture_of = pictures_of_questions(path, [question.index for question in base])
    of_rows = [picture_of[question.group] for question in questions]
    of_base = [picture_of[question.index] for question in base]
    scores: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for protocol in protocols:
        right = right_rows(questions, read.text, protocol)
        circular = circular_hits(questions, right)
        # the kit's letters have a column for the rolled forms together alone
        strict = protocol == "strict"
        rolled = "strict" if strict else harness_column("circular", protocol)
        each = "vanilla" if strict else harness_column("vanilla", protocol)
        of_rolled = lent(spread, "mmbench", rolled)
        of_each = lent(spread, "mmbench", each)
        scores[f"{protocol} circular"] = _numbers(circular, of_base, of_rolled)
        scores[f"{protocol} vanilla"] = _numbers(right, of_rows, of_each)
        scores[f"{protocol} base rows"] = _numbers(right[is_base], of_base, of_each)
        tables[f"{protocol} circular"] = accuracy_table(base, circular)
        tables[f"{protocol} vanilla"] = accuracy_table(questions, right)
    # one protocol that was asked for reads generated text, so likelihoods stand in the whole table
    if len(protocols) > 1 and any(row.index in read.option_logprob for row in base):
        require_likelihoods(predictions, read, questions)
        for name, minus_prior in (("likelihood", False), ("likelihood minus prior", True)):
            hits = likelihood_hits(base, read.option_logprob, minus_prior)
            of_name = lent(spread, "mmbench", name.replace(" ", "_"))
            scores[name] = _numbers(hits, of_base, of_name)
            tables[name] = accuracy_table(base, hits)
    chance = {name: percent(level) for name, level in chance_levels(questions).items()}
    return {
        "questions_scored": len(base),
        "rows": len(questions),
        "scores": scores,
        "tables": tables,
        "chance": chance,
    }


def _score_textvqa(
    path: Path, predictions: Path, protocols: list[str], spread: pa.Table | None
) -> dict[str, Any]:
    require_row_file(path, str(path))
    content = read_json(path)
    annotations = textvqa.read_annotations(content, str(path))
    ids = textvqa.question_ids(content)
    answers = read_text_predictions(predictions, list(annotations), ids)
    pictures = np.array([image for image, _ in annotations])
    entries = textvqa.annotation_entries(content)
    parts = np.array(text_parts([kind_of(entry) for entry in entries]))
    require_same_text(spread, READING in parts)
    scores = {}
    for protocol in protocols:
        of_items = []
        for key, ten_answers in annotations.items():
            of_items.append(textvqa_answers.soft_accuracy(answers[key], ten_answers, protocol))
        # the headline's questions, and those of reading where they are scored apart
        for part, name in ((HEADLINE, protocol), (READING, f"{protocol}, reading")):
            asked = parts == part
            if asked.any():
                of_spread = lent(spread, part, TEXT_PROTOCOL)
                of_part = np.array(of_items)[asked]
                scores[name] = _numbers(of_part, pictures[asked].tolist(), of_spread)
    return {"questions_scored": len(annotations), "scores": scores}


def _table(result: Mapping[str, Any]) -> str:
    asked = result["questions_scored"]
    lines = [
        f"{result['benchmark']}: {result['predictions']}, {asked} questions",
        f"{'protocol':28}{'score':>8}   95 % interval",
    ]
    for name, numbers in result["scores"].items():
        bounds = f"{numbers['low']:.2f} to {numbers['high']:.2f}"
        lines.append(f"{name:28}{numbers['score']:8.2f}   {bounds}")
    for name, level in result.get("chance", {}).items():
        lines.append(f"{'chance, ' + name:28}{level:8.2f}")
    for name, splits in result.get("tables", {}).items():
        for split, table in splits.items():
            known = {key: value for key, value in table.items() if value is not None}
            cells = ", ".join(f"{key} {percent(value)}" for key, value in known.items())
            lines.append(f"{name}, {split}: {cells}")
    lines.append(f"the intervals {result['interval']}")
    return "\n".join(lines)
