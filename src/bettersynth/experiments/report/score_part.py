"""What the page says about scores: protocols with intervals and guessing levels, categories, harnesses, what the seeds can show."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from bettersynth.evaluation.scoring.item_scores import (
    CHOICE_PROTOCOLS,
    EXTRACTIONS,
    NORMALISERS,
    TEXT_PROTOCOL,
    harness_column,
    score_matrix,
)
from bettersynth.evaluation.statistics.intervals import Interval, score_interval
from bettersynth.evaluation.statistics.variance import (
    detectable,
    minimum_detectable_difference,
    seeds_needed,
    variance_components,
)
from bettersynth.steps.score import chance_name, verdict

CATEGORY_DRAWS = 2000
SEED_COUNTS = (2, 3, 5, 8, 12)


@dataclasses.dataclass(frozen=True)
class ScoreRow:
    """One bar: percent, with interval and what guessing gets (None where nothing is known)."""

    label: str
    note: str
    score: float
    low: float
    high: float
    guess: float | None
    guess_label: str
    headline: bool = False
    seeds: tuple[float, ...] = ()


def _row(
    label: str,
    note: str,
    interval: Interval,
    guess: float | None,
    guess_label: str,
    headline: bool = False,
    seeds: Sequence[float] = (),
) -> ScoreRow:
    level = None if guess is None else 100 * guess
    mean, low, high = (100 * value for value in (interval.mean, interval.low, interval.high))
    return ScoreRow(
        label,
        note,
        mean,
        low,
        high,
        level,
        guess_label,
        headline,
        tuple(100 * seed for seed in seeds),
    )


def score_rows(
    items: pa.Table, score: Mapping[str, Any], levels: Mapping[str, Any]
) -> list[ScoreRow]:
    """Return both benchmarks by every protocol; the headline and TextVQA first."""
    notes = {
        "likelihood": "likeliest option, mean log-probability a token",
        "likelihood_minus_prior": "the same, less the option's probability without the picture",
        "strict": "all rolled forms answered with exactly the letter",
        "circular": "all rolled forms right",
        "vanilla": "each rolled form for itself",
    }
    headline = score["mmbench_protocol"]
    rows = []
    for name in sorted(CHOICE_PROTOCOLS, key=lambda name: name != headline):
        scores, _ = score_matrix(items, "mmbench", name)
        chance = levels["mmbench"]["chance"][chance_name(name)]
        label = f"MMBench {name.replace('_', ' ')}"
        rows.append(
            _row(
                label,
                notes[name],
                score_interval(scores),
                chance,
                "chance",
                name == headline,
                scores.mean(axis=1),
            )
        )
    scores, _ = score_matrix(items, "textvqa", TEXT_PROTOCOL)
    guess, note = levels["textvqa"]["any_listed_token"], "soft accuracy over ten answers"
    rows.insert(
        1,
        _row(
            "TextVQA",
            note,
            score_interval(scores),
            guess,
            "any listed token",
            True,
            scores.mean(axis=1),
        ),
    )
    return rows


def verdicts(rows: list[ScoreRow], levels: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each headline score: whether it beats guessing, and, for TextVQA, a rule that sees no picture."""
    names = {
        "chance": "guessing evenly",
        "any listed token": "answering with any word that the OCR engine listed",
    }
    out = []
    for row in rows:
        if row.headline and row.guess is not None:
            seen = verdict(row.low, row.high, row.guess)
            text = f"{row.label}: {row.score:.1f} ({row.low:.1f} to {row.high:.1f}) {seen} {names[row.guess_label]} ({row.guess:.1f})."
            if row.label == "TextVQA" and seen != "beats":
                text += " Sign reading is not learned: read this score as a measure of copying, not of reading."
            out.append(text)
            rule = levels["textvqa"].get("place_rule") if row.label == "TextVQA" else None
            if rule is not None:
                seen = verdict(row.low, row.high, 100 * rule)
                text = f"A rule that knows only the order of the listed words gets {100 * rule:.1f} without the picture; TextVQA {seen} it"
                out.append(
                    f"{text}."
                    if seen == "beats"
                    else f"{text}, so nothing here shows that the picture itself is read."
                )
    return out


def category_rows(items: pa.Table, protocol: str) -> list[ScoreRow]:
    """Return MMBench by l2-category and category in one protocol, the largest groups of each level first."""
    scores, names = score_matrix(items, "mmbench", protocol)
    frame = items.to_pandas()
    frame = (
        frame[frame["benchmark"] == "mmbench"].drop_duplicates("item").set_index("item").loc[names]
    )
    chance = (
        frame["chance"] ** frame["rows"] if protocol in ("circular", "strict") else frame["chance"]
    )
    rows = []
    for level, note in (("l2_category", "ability"), ("category", "category")):
        sizes = frame[level].value_counts()
        for name in sorted((n for n in sizes.index if n), key=lambda n: (-sizes[n], n)):
            mask = (frame[level] == name).to_numpy()
            interval = score_interval(scores[:, mask], draws=CATEGORY_DRAWS)
            rows.append(
                _row(
                    name,
                    f"{note}, {int(mask.sum())} questions",
                    interval,
                    float(chance[mask].mean()),
                    "chance",
                    level == "l2_category",
                )
            )
    return rows


def kind_rows(items: pa.Table, levels: Mapping[str, Any]) -> list[ScoreRow]:
    """Return TextVQA by question kind, where the questions have kinds."""
    scores, names = score_matrix(items, "textvqa", TEXT_PROTOCOL)
    frame = items.select(["benchmark", "item", "category"]).to_pandas()
    kind = (
        frame[frame["benchmark"] == "textvqa"]
        .drop_duplicates("item")
        .set_index("item")["category"]
        .loc[names]
        .to_numpy()
    )
    rows = []
    for name in sorted(set(kind) - {""}):
        mask = kind == name
        guess = levels["textvqa"].get("kinds", {}).get(name, {}).get("any_listed_token")
        interval = score_interval(scores[:, mask], draws=CATEGORY_DRAWS)
        rows.append(
            _row(
                f"TextVQA, {name}",
                f"{int(mask.sum())} questions",
                interval,
                guess,
                "any listed token",
            )
        )
    return rows


def harness_table(items: pa.Table) -> list[tuple[str, list[tuple[str, float]]]]:
    """Return (measure, [(harness, percent)]) of the same predictions read by each harness's rules."""
    table = []
    for measure in ("circular", "vanilla"):
        values = [
            (
                name,
                100
                * float(score_matrix(items, "mmbench", harness_column(measure, name))[0].mean()),
            )
            for name in EXTRACTIONS
        ]
        table.append((f"MMBench {measure}", values))
    values = [
        (
            name,
            100
            * float(score_matrix(items, "textvqa", harness_column(TEXT_PROTOCOL, name))[0].mean()),
        )
        for name in NORMALISERS
    ]
    return [*table, ("TextVQA", values)]


def blind_answers(levels: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    """Return (benchmark, how it is answered, percent) of every answer that needs no picture."""
    rows = [
        ("MMBench", f"guessing evenly, {name}", 100 * value)
        for name, value in levels["mmbench"]["chance"].items()
    ]
    shares = (("MMBench", levels["mmbench"]), ("TextVQA", levels["textvqa"]))
    return rows + [
        (label, name.replace("_", " "), 100 * v)
        for label, given in shares
        for name, v in given.items()
        if isinstance(v, float)
    ]


@dataclasses.dataclass(frozen=True)
class Variation:
    """Where one score's uncertainty comes from (percent of its variance) and the difference, in points, that n seeds show."""

    label: str
    sentence: str
    seed: float
    item: float
    rest: float
    detectable: tuple[tuple[int, float], ...]
    for_one_point: int | None


def variation(items: pa.Table, protocol: str) -> list[Variation]:
    """Return the headline scores' variation; nothing with one seed."""
    found = []
    for benchmark, column, label in (
        ("mmbench", protocol, "MMBench"),
        ("textvqa", TEXT_PROTOCOL, "TextVQA"),
    ):
        parts = variance_components(score_matrix(items, benchmark, column)[0])
        if parts.seeds < 2:
            return []
        shares = {name: 100 * share for name, share in parts.shares().items()}
        points = tuple(
            (n, 100 * minimum_detectable_difference(parts, n))
            for n in sorted({*SEED_COUNTS, parts.seeds})
        )
        found.append(
            Variation(
                label,
                detectable(parts),
                shares["seed"],
                shares["item"],
                shares["rest"],
                points,
                seeds_needed(parts, 0.01),
            )
        )
    return found
