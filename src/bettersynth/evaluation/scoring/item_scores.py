"""One row a benchmark, seed and item, with its score by every protocol: what all scores, intervals and comparisons are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from bettersynth.evaluation.benchmarks import mmbench
from bettersynth.evaluation.benchmarks.textvqa import soft_accuracy
from bettersynth.evaluation.scoring.prediction_files import ChoicePredictions

CHOICE_PROTOCOLS = ("likelihood", "likelihood_minus_prior", "strict", "circular", "vanilla")
TEXT_PROTOCOL = "accuracy"
EXTRACTIONS = tuple(name for name in mmbench.PROTOCOLS if name != "strict")
NORMALISERS = ("llava", "vlmevalkit")


def harness_column(measure: str, harness: str) -> str:
    """Return the column that holds `circular`, `vanilla` or `accuracy` by one harness's rules, whatever the settings chose."""
    return f"{measure}_{harness.replace('-', '_')}"


_SIDE_BY_SIDE = [
    harness_column(measure, harness)
    for measure in ("circular", "vanilla")
    for harness in EXTRACTIONS
]
_SIDE_BY_SIDE += [harness_column(TEXT_PROTOCOL, harness) for harness in NORMALISERS]

ITEM_SCHEMA = pa.schema(
    [
        ("benchmark", pa.string()),
        ("seed", pa.int32()),
        ("item", pa.string()),
        ("category", pa.string()),
        ("l2_category", pa.string()),
        ("question", pa.string()),
        ("answer", pa.string()),
        ("prediction", pa.string()),
        ("likeliest", pa.string()),
        ("rows", pa.int32()),
        ("chance", pa.float64()),
        *(
            (protocol, pa.float64())
            for protocol in (*CHOICE_PROTOCOLS, TEXT_PROTOCOL, *_SIDE_BY_SIDE)
        ),
    ]
)
"""`item`: base index (MMBench), or `IMAGE_ID QUESTION` (TextVQA). `chance`: of guessing one row right (MMBench).
`prediction` is what was generated for the base row, `likeliest` the text of the option that the likelihood protocol picks.
Scores are in [0, 1], null where a protocol is not the benchmark's; `vanilla` is the share right of the item's `rows` rolled rows.
`circular`, `vanilla` and `accuracy` follow the settings; the columns with a harness's name show them side by side."""


def choice_items(
    seed: int,
    questions: Sequence[mmbench.Question],
    predictions: ChoicePredictions,
    extraction: str,
) -> list[dict[str, object]]:
    """Return the item rows of one seed's MMBench predictions, in order of index."""
    strict = mmbench.circular_hits(
        questions, mmbench.right_rows(questions, predictions.text, "strict")
    )
    letters = {}
    for harness in EXTRACTIONS:
        right = mmbench.right_rows(questions, predictions.text, harness)
        letters[harness] = (mmbench.circular_hits(questions, right), _share_right(questions, right))
    counts = Counter(question.group for question in questions)
    rows: list[dict[str, object]] = []
    for k, question in enumerate(mmbench.base_questions(questions)):
        options = predictions.option_logprob[question.index]
        likeliest = mmbench.likelihood_choice(options)
        rows.append(
            {
                "benchmark": "mmbench",
                "seed": seed,
                "item": str(question.index),
                "category": question.category,
                "l2_category": mmbench.L2_ABBREVIATIONS.get(
                    question.l2_category, question.l2_category
                ),
                "question": question.question,
                "answer": question.options[question.answer],
                "prediction": predictions.text[question.index],
                "likeliest": question.options[likeliest],
                "rows": counts[question.index],
                "chance": 1 / len(question.options),
                "likelihood": float(likeliest == question.answer),
                "likelihood_minus_prior": float(
                    mmbench.likelihood_choice(options, minus_prior=True) == question.answer
                ),
                "strict": float(strict[k]),
                "circular": float(letters[extraction][0][k]),
                "vanilla": float(letters[extraction][1][k]),
            }
            | {
                harness_column("circular", harness): float(hits[k])
                for harness, (hits, _) in letters.items()
            }
            | {
                harness_column("vanilla", harness): float(shares[k])
                for harness, (_, shares) in letters.items()
            }
        )
    return rows


def _share_right(questions: Sequence[mmbench.Question], right: np.ndarray) -> np.ndarray:
    """Return float `[base questions]`: the share of each question's rolled rows that are right."""
    of_group: dict[int, list[bool]] = {}
    for question, hit in zip(questions, right, strict=True):
        of_group.setdefault(question.group, []).append(bool(hit))
    return np.array(
        [np.mean(of_group[question.index]) for question in mmbench.base_questions(questions)]
    )


def text_items(
    seed: int,
    annotations: Mapping[tuple[str, str], Sequence[str]],
    kinds: Mapping[tuple[str, str], str],
    predictions: Mapping[tuple[str, str], str],
    protocol: str,
) -> list[dict[str, object]]:
    """Return the item rows of one seed's TextVQA predictions, in the annotations' order; `answer` is the most given one."""
    rows: list[dict[str, object]] = []
    for key, answers in annotations.items():
        rows.append(
            {
                "benchmark": "textvqa",
                "seed": seed,
                "item": " ".join(key),
                "category": kinds.get(key, ""),
                "l2_category": "",
                "question": key[1],
                "answer": max(answers, key=list(answers).count),
                "prediction": predictions[key],
                "rows": 1,
                TEXT_PROTOCOL: soft_accuracy(predictions[key], answers, protocol),
            }
            | {
                harness_column(TEXT_PROTOCOL, harness): soft_accuracy(
                    predictions[key], answers, harness
                )
                for harness in NORMALISERS
            }
        )
    return rows


def score_matrix(items: pa.Table, benchmark: str, protocol: str) -> tuple[np.ndarray, list[str]]:
    """Return (`scores [seeds, items]`, item names) of one benchmark and protocol; rows of each seed stand in the same order.

    For `vanilla`, where every rolled row counts, an item's share is scaled by its rows, so that the plain mean is the score.
    """
    frame = items.select(["benchmark", "seed", "item", "rows", protocol]).to_pandas()
    frame = frame[frame["benchmark"] == benchmark]
    seeds = sorted(frame["seed"].unique())
    parts = [frame[frame["seed"] == seed] for seed in seeds]
    names = parts[0]["item"].tolist()
    if any(part["item"].tolist() != names for part in parts):
        raise ValueError(f"the seeds of {benchmark} do not answer the same items")
    scores = np.stack([part[protocol].to_numpy(dtype=float) for part in parts])
    if protocol.startswith("vanilla"):
        rows = parts[0]["rows"].to_numpy(dtype=float)
        scores = scores * rows / rows.mean()
    return scores, names
