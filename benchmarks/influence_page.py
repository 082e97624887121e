"""The page of benchmarks/influence.py: report.html beside what was stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from influence_asking import OUTCOMES
from influence_results import WHOLE, Results, Row, listed, trained_caption
from influence_training import Bench

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.samples.planted_captions import original_captions
from bettersynth.data.tables.drawn import DRAWN_IMAGES
from bettersynth.data.tables.samples import POOL_IMAGES, read_samples
from bettersynth.errors import UserError
from bettersynth.experiments.report.sample_part import thumbnail
from bettersynth.experiments.report.templates import filled

MEANINGS = {
    "caption": "the mean log-probability of a held-out caption's tokens",
    "own picture": "by how much its own picture makes a held-out caption likelier than another",
    "option": "by how much the right option of a question of MMBench's seen half is likelier than "
    "the mean of its others",
}


@dataclasses.dataclass(frozen=True)
class Pair:
    """One training sample as shown.

    `picture` is a data URI, "" where it is not at hand; `caption` is what was trained with.
    `original` marks a first caption, and `planted` a mismatch. `own_caption` is what was taken from
    a sample that was planted, whatever caption it has now; else "".
    """

    id: str
    value: float
    picture: str
    caption: str
    source: str
    original: bool
    planted: bool
    own_caption: str


def write_page(found: Results, bench: Bench, page: Path) -> None:
    """Write all that was found as one HTML file, complete in itself."""
    findings = found.findings
    content = {
        "findings": findings,
        "samples": len(bench.ids),
        "new_captions": int((~found.original).sum()),
        "planted": None if found.planted is None else int(found.planted.sum()),
        "visits": bench.visits,
        "outcomes": OUTCOMES,
        "meanings": MEANINGS,
        "whole": {outcome: name for outcome, (name, _) in WHOLE.items()},
        "methods": by_method(found.rows),
        "ceiling": found.ceiling,
        "again": max((len(again) for again in findings.again.values()), default=0),
        "sentences": sentences(found),
        "pairs": listed_pairs(found, bench),
    }
    with complete_or_absent(page) as temporary:
        temporary.write_text(filled("influence.html", content), encoding="utf-8")


def by_method(rows: Sequence[Row]) -> dict[str, dict[str, Row]]:
    """Return the rows by method and outcome."""
    methods: dict[str, dict[str, Row]] = {}
    for row in rows:
        methods.setdefault(row.method, {})[row.outcome] = row
    return methods


def sentences(found: Results) -> list[str]:
    """Return who foretells best and who finds planted mismatches best, with what stands beside."""
    said = []
    scores = [(row.score, row) for row in found.rows if row.score]
    if scores:
        score, row = max(scores, key=lambda one: one[0].value)
        said.append(
            f"Best at foretelling: {row.method}, {score.words} for the outcome {row.outcome}"
        )
        ceiling = found.ceiling.get(row.outcome)
        if ceiling:
            said[-1] += f"; the same halves with another seed: {ceiling.words}"
    areas = [(row.area, row.method) for row in found.rows if row.area]
    if areas:
        area, method = max(areas, key=lambda one: one[0].value)
        said.append(f"Best at finding planted mismatches: {method}, {area.words}")
        similarity = [other for other, name in areas if name == "similarity"]
        if similarity and method != "similarity":
            said[-1] += f"; similarity: {similarity[0].words}"
    return [f"{sentence}." for sentence in said]


def listed_pairs(found: Results, bench: Bench) -> dict[str, list[Pair]]:
    """Return the most helpful and most harmful samples, by word, the ends first."""
    places = listed(found.worth)
    ids = [bench.ids[place] for place in (*places["helpful"], *places["harmful"])]
    own = original_captions(pa.chunked_array([pa.array(ids, pa.string())]))
    table = read_samples(["id", "source"])
    sources = dict(zip(table["id"].to_pylist(), table["source"].to_pylist(), strict=True))
    store = ImageStore(*[path for path in (POOL_IMAGES, DRAWN_IMAGES) if path.exists()])
    pairs: dict[str, list[Pair]] = {}
    for word in ("helpful", "harmful"):
        pairs[word] = []
        for place in places[word]:
            pairs[word].append(_pair(place, found, bench, sources, own, store))
    return pairs


def _pair(
    place: int,
    found: Results,
    bench: Bench,
    sources: Mapping[str, str],
    own: Mapping[str, str],
    store: ImageStore,
) -> Pair:
    id, sample = bench.ids[place], bench.samples[place]
    planted = found.planted is not None and bool(found.planted[place])
    return Pair(
        id=id,
        value=float(found.worth[place]),
        picture=_picture(store, sample["image"]),
        caption=trained_caption(sample),
        # a sample that the recipe made is of no source
        source=sources.get(id, ""),
        original=bool(found.original[place]),
        planted=planted,
        own_caption=own.get(id, ""),
    )


def _picture(store: ImageStore, name: str) -> str:
    try:
        return thumbnail(store.read(name))
    except (BadImage, UserError):
        # trainings read features: the pool's pictures may be elsewhere
        return ""
