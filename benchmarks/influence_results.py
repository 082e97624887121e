"""What benchmarks/influence.py finds of what was trained and attributed.

Letters in shapes: H trainings on halves of S samples; A asked items.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from influence_asking import OUTCOMES
from influence_scores import (
    Estimate,
    datamodel_predictions,
    datamodel_weights,
    datamodelling_score,
    mismatch_area,
)
from influence_training import Bench

from bettersynth.data.files.reading import read_table
from bettersynth.data.samples.planted_captions import planted_rows
from bettersynth.data.tables.mix import MIX_TABLE
from bettersynth.data.tables.restats import RESTATS
from bettersynth.data.tables.stats import stats_path
from bettersynth.evaluation.statistics.rank_correlation import RankCorrelation, rank_correlations
from bettersynth.recipes.mixing.mixture import ORIGINAL

SIMILARITY = "image_text_similarity"
# what stands for an outcome over all its items, and whether more of it is better
WHOLE = {"caption": ("caption loss", -1), "own picture": ("own picture picked", 1)}
WHOLE |= {"option": ("right options", 1)}
LISTED = 10
# whose values, and for which outcome, the listed samples are the ends of
LISTED_BY = ("gradients, TRAK", "option")


@dataclasses.dataclass(frozen=True)
class Findings:
    """All that was trained and attributed.

    `inside` is bool `[H, S]`; `measured` by outcome `[H, A]`, `again` the same of the first halves
    with another seed, `summaries` one mapping a half. `attributions` by method and outcome are
    `[A, S]`, means over `attributing` models; `own` and `own_unseen` the samples' own mean
    log-probability a token, `[S]`, of all attributing models and of those that did not see the
    sample.
    """

    inside: np.ndarray
    measured: Mapping[str, np.ndarray]
    again: Mapping[str, np.ndarray]
    summaries: Sequence[Mapping[str, float]]
    attributions: Mapping[str, Mapping[str, np.ndarray]]
    attributing: int
    own: np.ndarray
    own_unseen: np.ndarray
    cpu_seconds: float


@dataclasses.dataclass(frozen=True)
class Row:
    """How well one attribution foretells one outcome, and how well it finds planted mismatches.

    `score` is of each item, `of_whole` of the outcome over all items; None where nothing varies.
    `area` is None for a source that plants none.
    """

    method: str
    outcome: str
    score: Estimate | None
    of_whole: RankCorrelation | None
    area: Estimate | None


@dataclasses.dataclass(frozen=True)
class Results:
    """All that is printed and shown.

    `ceiling` is by outcome how well the same halves with another seed foretell it. `worth` is what
    each sample is worth by `LISTED_BY`, `[S]`; `original` says which samples have their first
    caption, bool `[S]`, and `planted` which of these are mismatches, None for a source that plants
    none.
    """

    findings: Findings
    rows: Sequence[Row]
    ceiling: Mapping[str, Estimate | None]
    worth: np.ndarray
    original: np.ndarray
    planted: np.ndarray | None


def results(findings: Findings, bench: Bench) -> Results:
    """Return how well each attribution foretells and finds, and what each sample is worth."""
    source = caption_sources(bench.ids)
    original = np.array([name == ORIGINAL for name, _ in source])
    planted = planted_rows(pa.chunked_array([pa.array(bench.ids, pa.string())]))
    if planted is not None:
        # of a new caption nobody planted anything
        planted = planted & original
    methods = all_attributions(findings, bench, source)
    rows = []
    for method, outcome, predicted, worth in _foretold(methods, findings):
        score, of_whole = _agreement(predicted, outcome, findings)
        rows.append(Row(method, outcome, score, of_whole, _area(worth, planted, original)))
    ceiling = {}
    for outcome, again in findings.again.items():
        ceiling[outcome] = datamodelling_score(again, findings.measured[outcome][: len(again)])
    method, outcome = LISTED_BY
    worth = methods[method][outcome].sum(axis=0)
    return Results(findings, rows, ceiling, worth, original, planted)


def _foretold(
    methods: Mapping[str, Mapping[str, np.ndarray]], findings: Findings
) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield method, outcome, what is foretold, `[H, A]` or `[H, 1]` for all, and worths `[S]`."""
    for method, by_outcome in methods.items():
        for outcome in OUTCOMES:
            worth = by_outcome[outcome]
            yield method, outcome, findings.inside @ worth.T, worth.sum(axis=0)
    for outcome in OUTCOMES:
        measured = findings.measured[outcome]
        predicted = datamodel_predictions(findings.inside, measured)
        weights = datamodel_weights(findings.inside, measured)
        yield "datamodel, cross-validated", outcome, predicted, weights.sum(axis=0)


def listed(worth: np.ndarray) -> dict[str, list[int]]:
    """Return the places in `worth [S]` of the most harmful and most helpful samples, by word."""
    order = np.argsort(worth, kind="stable")
    return {"harmful": order[:LISTED].tolist(), "helpful": order[::-1][:LISTED].tolist()}


def all_attributions(
    findings: Findings, bench: Bench, source: Sequence[tuple[str, int]]
) -> dict[str, dict[str, np.ndarray]]:
    """Return by method and outcome what each sample is worth, `[A, S]` or `[1, S]` for all."""
    likeness = picture_likeness(bench)
    alike = {
        "similarity": similarities(bench.ids, source),
        "minus own loss": findings.own,
        "minus own loss, sample unseen": findings.own_unseen,
    }
    methods: dict[str, dict[str, np.ndarray]] = {
        "gradients, TRAK": dict(findings.attributions["trak"]),
        "gradients, dot product": dict(findings.attributions["dot"]),
        "likeness of the pictures": likeness,
    }
    for method, values in alike.items():
        methods[method] = {outcome: values[None, :] for outcome in OUTCOMES}
    return methods


def caption_sources(ids: Sequence[str]) -> list[tuple[str, int]]:
    """Return where each sample's caption is from, and which of the new ones it is."""
    table = read_table(MIX_TABLE, ["id", "caption_source", "candidate"])
    columns = [table[name].to_pylist() for name in ("caption_source", "candidate")]
    found = dict(zip(table["id"].to_pylist(), zip(*columns, strict=True), strict=True))
    return [found[id] for id in ids]


def similarities(ids: Sequence[str], source: Sequence[tuple[str, int]]) -> np.ndarray:
    """Return the similarity of each sample's picture and the caption it was trained with, `[S]`."""
    table = read_table(stats_path(f"{SIMILARITY}_filter"), ["id", SIMILARITY])
    first = dict(zip(table["id"].to_pylist(), table[SIMILARITY].to_pylist(), strict=True))
    new: dict[tuple[str, int], list[float]] = {}
    if any(name != ORIGINAL for name, _ in source):
        table = read_table(RESTATS, ["id", "candidate", SIMILARITY])
        keys = zip(table["id"].to_pylist(), table["candidate"].to_pylist(), strict=True)
        new = dict(zip(keys, table[SIMILARITY].to_pylist(), strict=True))
    values = []
    for id, (name, candidate) in zip(ids, source, strict=True):
        values.append((first[id] if name == ORIGINAL else new[id, candidate])[0])
    return np.array(values)


def picture_likeness(bench: Bench) -> dict[str, np.ndarray]:
    """Return by outcome the cosine of each asked picture and each sample's, `[A, S]`.

    Of the frozen towers' pooled features, less their mean over the samples.
    """

    def pooled(rows: Sequence[int], entries: Sequence[Mapping[str, str]]) -> np.ndarray:
        hashes = [bench.source.sha256[entries[row]["image"]] for row in rows]
        return bench.source.store.pooled(bench.source.store.rows(hashes))

    samples = pooled(range(len(bench.samples)), bench.samples)
    mean = samples.mean(axis=0)
    found = {}
    for outcome, weights in bench.asked.weights.items():
        # the right answer's row alone has weight 1
        asked = pooled(weights.argmax(axis=1).tolist(), bench.asked.rows)
        found[outcome] = _unit(asked - mean) @ _unit(samples - mean).T
    return found


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(min=1e-12)


def _agreement(
    predicted: np.ndarray, outcome: str, findings: Findings
) -> tuple[Estimate | None, RankCorrelation | None]:
    """`predicted` is `[H, A]`, or `[H, 1]` where it is one for all items."""
    measured = findings.measured[outcome]
    score = datamodelling_score(np.broadcast_to(predicted, measured.shape), measured)
    name, sign = WHOLE[outcome]
    whole = [sign * one[name] for one in findings.summaries]
    # Spearman's stands first
    correlations = rank_correlations(whole, predicted.mean(axis=1).tolist())[:1]
    return score, correlations[0] if correlations else None


def _area(worth: np.ndarray, planted: np.ndarray | None, original: np.ndarray) -> Estimate | None:
    if planted is None or len(set(planted[original].tolist())) < 2:
        return None
    return mismatch_area(worth[original], planted[original])


def trained_caption(sample: Mapping[str, Any]) -> str:
    """Return the caption of an entry of the training set."""
    return sample["conversations"][1]["value"]
