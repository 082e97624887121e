"""The tables of benchmarks/influence.py.

Letters in shapes: H trainings on halves of S samples; A asked items.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

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
from bettersynth.evaluation.statistics.rank_correlation import rank_correlations
from bettersynth.recipes.mixing.mixture import ORIGINAL

SIMILARITY = "image_text_similarity"
# what stands for an outcome over all its items, and whether more of it is better
WHOLE = {"caption": ("caption loss", -1), "own picture": ("own picture picked", 1)}
WHOLE |= {"option": ("right options", 1)}
LISTED = 10


@dataclasses.dataclass(frozen=True)
class Findings:
    """All that was trained and attributed.

    `inside` is bool `[H, S]`; `measured` by outcome `[H, A]`, `again` the same of the first halves
    with another seed, `summaries` one mapping a half. `attributions` by method and outcome are
    `[A, S]`; `own` and `own_unseen` the samples' own mean log-probability a token, `[S]`, of all
    attributing models and of those that did not see the sample.
    """

    inside: np.ndarray
    measured: Mapping[str, np.ndarray]
    again: Mapping[str, np.ndarray]
    summaries: Sequence[Mapping[str, float]]
    attributions: Mapping[str, Mapping[str, np.ndarray]]
    own: np.ndarray
    own_unseen: np.ndarray
    cpu_seconds: float


def influence_tables(findings: Findings, bench: Bench) -> str:
    """Return what is printed: outcomes, scores of every method, the most helpful and harmful."""
    source = caption_sources(bench.ids)
    planted = planted_rows(pa.chunked_array([pa.array(bench.ids, pa.string())]))
    # of a new caption nobody planted anything
    original = np.array([name == ORIGINAL for name, _ in source])
    lines = [f"{findings.cpu_seconds:.0f} CPU s; {len(bench.ids)} samples, {original.sum()} of "]
    lines[0] += "them with their first caption"
    if planted is not None:
        lines[0] += f", {int((planted & original).sum())} of those planted mismatches"
    lines += ["", *_outcome_lines(findings), ""]
    lines.append(
        f"{'attribution':34}{'outcome':13}{'datamodelling score':>25}"
        f"{'of the whole outcome':>26}{'mismatches, area':>25}"
    )
    methods = all_attributions(findings, bench, source)
    for method, by_outcome in methods.items():
        for outcome in OUTCOMES:
            worth = by_outcome[outcome]
            predicted = findings.inside @ worth.T  # [H, A]
            area = _area(worth.sum(axis=0), planted, original)
            lines.append(_line(method, outcome, predicted, findings, area))
    for outcome in OUTCOMES:
        measured = findings.measured[outcome]
        predicted = datamodel_predictions(findings.inside, measured)
        weights = datamodel_weights(findings.inside, measured)
        area = _area(weights.sum(axis=0), planted, original)
        lines.append(_line("datamodel, cross-validated", outcome, predicted, findings, area))
    lines += ["", *_chance_lines(findings)]
    worth = methods["gradients, TRAK"]["option"].sum(axis=0)
    lines += _listed_lines(worth, bench, planted)
    return "\n".join(lines)


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


def _outcome_lines(findings: Findings) -> list[str]:
    lines = [f"{'outcome over all items':26}{'mean':>8}{'lowest':>9}{'highest':>9}{'sd':>8}"]
    for name, _ in WHOLE.values():
        values = np.array([one[name] for one in findings.summaries])
        spread = values.std(ddof=1)
        lines.append(
            f"{name:26}{values.mean():>8.3f}{values.min():>9.3f}{values.max():>9.3f}{spread:>8.4f}"
        )
    return lines


def _line(
    method: str, outcome: str, predicted: np.ndarray, findings: Findings, area: Estimate | None
) -> str:
    """`predicted` is `[H, A]`, or `[H, 1]` where it is one for all items."""
    measured = findings.measured[outcome]
    score = datamodelling_score(np.broadcast_to(predicted, measured.shape), measured)
    name, sign = WHOLE[outcome]
    whole = [sign * one[name] for one in findings.summaries]
    # Spearman's stands first
    correlations = rank_correlations(whole, predicted.mean(axis=1).tolist())[:1]
    of_whole = "-"
    for one in correlations:
        of_whole = f"{one.value:+.2f} ({one.low:+.2f} {one.high:+.2f})"
    return f"{method:34}{outcome:13}{_words(score):>25}{of_whole:>26}{_words(area):>25}"


def _words(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _chance_lines(findings: Findings) -> list[str]:
    lines = []
    for outcome, again in findings.again.items():
        score = datamodelling_score(again, findings.measured[outcome][: len(again)])
        words = f"the same {len(again)} halves with another seed foretell it with {_words(score)}"
        lines.append(f"{outcome}: {words}")
    return lines


def _area(worth: np.ndarray, planted: np.ndarray | None, original: np.ndarray) -> Estimate | None:
    if planted is None or len(set(planted[original].tolist())) < 2:
        return None
    return mismatch_area(worth[original], planted[original])


def _listed_lines(worth: np.ndarray, bench: Bench, planted: np.ndarray | None) -> list[str]:
    lines = []
    order = np.argsort(worth, kind="stable")
    for words, places in (("harmful", order[:LISTED]), ("helpful", order[::-1][:LISTED])):
        lines += ["", f"most {words} for MMBench's seen half, by TRAK:"]
        for place in places.tolist():
            caption = bench.samples[place]["conversations"][1]["value"]
            note = " (planted)" if planted is not None and planted[place] else ""
            lines.append(f"  {worth[place]:+.4f}  {bench.ids[place]}: {caption}{note}")
    return lines
