"""`bettersynth score`: other people's predictions on MMBench or TextVQA, by every protocol side by side or by one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks import mmbench, textvqa
from bettersynth.evaluation.scoring.prediction_files import (
    ChoicePredictions,
    read_choice_predictions,
    read_text_predictions,
)
from bettersynth.evaluation.statistics.intervals import score_interval


def score_files(
    benchmark: str,
    questions: Path,
    predictions: Path,
    protocol: str | None = None,
    output: Path | None = None,
) -> dict[str, Any]:
    """Score `predictions` against `questions`, print a table, write the numbers to `output` if given, and return them.

    MMBench: `questions` is its TSV with answers, protocols are `mmbench.PROTOCOLS`. TextVQA: `questions` is the official
    annotation JSON (TextVQA_0.5.1_val.json), protocols are `textvqa.PROTOCOLS`. No protocol: all that apply.
    Numbers are percent; the intervals are over the items (one trained model).

    Raises:
        UserError: unknown protocol, or files that do not fit each other.
    """
    known = {"mmbench": mmbench.PROTOCOLS, "textvqa": textvqa.PROTOCOLS}
    if benchmark not in known:
        raise UserError(f"there is no benchmark {benchmark}; allowed: {', '.join(known)}")
    if protocol is not None and protocol not in known[benchmark]:
        raise UserError(
            f"{benchmark} has no protocol {protocol}; its protocols are: {', '.join(known[benchmark])}"
        )
    protocols = [protocol] if protocol else list(known[benchmark])
    score = _score_mmbench if benchmark == "mmbench" else _score_textvqa
    result = {
        "benchmark": benchmark,
        "questions": str(questions),
        "predictions": str(predictions),
        **score(questions, predictions, protocols),
    }
    print(_table(result))
    if output is not None:
        write_json(output, result)
        print(f"written: {output}")
    return result


def _numbers(scores: np.ndarray) -> dict[str, float]:
    interval = score_interval(scores[None, :].astype(float))
    return {
        "score": _percent(interval.mean),
        "low": _percent(interval.low),
        "high": _percent(interval.high),
    }


def _percent(value: float) -> float:
    return round(100 * value, 2)


def _score_mmbench(path: Path, predictions: Path, protocols: list[str]) -> dict[str, Any]:
    questions = mmbench.read_questions(path)
    read = read_choice_predictions(predictions, questions)
    base = mmbench.base_questions(questions)
    result: dict[str, Any] = {
        "questions_scored": len(base),
        "rows": len(questions),
        "scores": {},
        "tables": {},
    }
    for protocol in protocols:
        right = mmbench.right_rows(questions, read.text, protocol)
        circular = mmbench.circular_hits(questions, right)
        result["scores"][f"{protocol} circular"] = _numbers(circular)
        result["scores"][f"{protocol} vanilla"] = _numbers(right)
        result["scores"][f"{protocol} base rows"] = _numbers(
            right[[question.index < mmbench.GROUP for question in questions]]
        )
        result["tables"][f"{protocol} circular"] = mmbench.accuracy_table(base, circular)
        result["tables"][f"{protocol} vanilla"] = mmbench.accuracy_table(questions, right)
    for name, minus_prior in (("likelihood", False), ("likelihood minus prior", True)):
        if len(protocols) > 1 and len(read.option_logprob) >= len(base):
            hits = likelihood_hits(base, read, minus_prior)
            result["scores"][name] = _numbers(hits)
            result["tables"][name] = mmbench.accuracy_table(base, hits)
    result["chance"] = {
        name: _percent(level) for name, level in mmbench.chance_levels(questions).items()
    }
    return result


def likelihood_hits(
    base: list[mmbench.Question], predictions: ChoicePredictions, minus_prior: bool
) -> np.ndarray:
    """Return bool `[base questions]`: the likeliest option is the answer."""
    return np.array(
        [
            mmbench.likelihood_choice(predictions.option_logprob[q.index], minus_prior) == q.answer
            for q in base
        ],
        dtype=bool,
    )


def question_ids(content: Any) -> dict[str, tuple[str, str]]:
    """Return (image id, lower-case question) by question id of a TextVQA annotation file's content that passed its reading."""
    entries = content["data"] if isinstance(content, Mapping) else content
    keys = textvqa.annotation_keys(entries, "annotations")
    return {
        str(entry["question_id"]): key
        for entry, key in zip(entries, keys, strict=True)
        if "question_id" in entry
    }


def _score_textvqa(path: Path, predictions: Path, protocols: list[str]) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"{path} does not exist")
    content = read_json(path)
    annotations = textvqa.read_annotations(content, str(path))
    answers = read_text_predictions(predictions, list(annotations), question_ids(content))
    scores = {
        protocol: _numbers(
            np.array(
                [
                    textvqa.soft_accuracy(answers[key], annotations[key], protocol)
                    for key in annotations
                ]
            )
        )
        for protocol in protocols
    }
    return {"questions_scored": len(annotations), "scores": scores}


def _table(result: Mapping[str, Any]) -> str:
    lines = [
        f"{result['benchmark']}: {result['predictions']}, {result['questions_scored']} questions",
        f"{'protocol':28}{'score':>8}   95 % interval (items)",
    ]
    lines += [
        f"{name:28}{n['score']:8.2f}   {n['low']:.2f} to {n['high']:.2f}"
        for name, n in result["scores"].items()
    ]
    lines += [
        f"{'chance, ' + name:28}{level:8.2f}" for name, level in result.get("chance", {}).items()
    ]
    for name, splits in result.get("tables", {}).items():
        for split, table in splits.items():
            cells = ", ".join(
                f"{key} {_percent(value)}" for key, value in table.items() if value is not None
            )
            lines.append(f"{name}, {split}: {cells}")
    return "\n".join(lines)
