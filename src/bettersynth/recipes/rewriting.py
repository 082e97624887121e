"""Text mappers over the pool, as `bettersynth run` has them: special tokens outlive each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc
from tqdm import tqdm

from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.pool_samples import read_stored_pool
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.data.tables.samples import types_of
from bettersynth.recipes.engine.protected_tokens import rewrite_words
from bettersynth.recipes.lines import Line

# texts at a time, between two steps of the progress bar
CHUNK = 1000


def rewrite_pool(lines: Sequence[Line]) -> dict[str, Any]:
    """Write what the mappers make of the pool's captions; returns the card.

    Without mappers the pool is not read.

    Raises:
        UserError: there is no pool, or a mapper lacks a model.
    """
    rows: list[dict[str, Any]] = []
    counts = {line.label: 0 for line in lines}
    if lines:
        pool = read_stored_pool()
        # conversations are trained on as they came
        pool = pool.filter(pc.equal(types_of(pool), "caption"))
        texts = pool["text"].to_pylist()
        rows = _changed(lines, pool["id"].to_pylist(), texts)
    without_words = 0
    for row in rows:
        had_words = caption_of_text(row["original_text"])
        without_words += bool(had_words) and not caption_of_text(row["text"])
        for label in row["mappers"]:
            counts[label] += 1
    card = {"rewritten": len(rows), "without_words": without_words, "by_mapper": counts}
    write_rewritten(rows, card)
    return card


def _changed(
    lines: Sequence[Line], ids: Sequence[str], texts: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the rows of the table: the texts that the lines leave as others than they were."""
    rewritten = list(texts)
    changed_by: list[list[str]] = [[] for _ in texts]
    for line in lines:
        for row in _rewrite(line, rewritten):
            changed_by[row].append(line.label)
    rows: list[dict[str, Any]] = []
    for row, text in enumerate(rewritten):
        # one mapper may take back what another did
        if text != texts[row]:
            rows.append(
                {
                    "id": ids[row],
                    "text": text,
                    "original_text": texts[row],
                    "mappers": changed_by[row],
                }
            )
    return rows


def _rewrite(line: Line, texts: list[str]) -> list[int]:
    """Let one mapper rewrite the texts in their place, and return which ones it changed."""
    changed: list[int] = []
    # what all texts hold decides: they are one chunk
    size = max(len(texts), 1) if line.rewrites_all else CHUNK
    with tqdm(total=len(texts), desc=line.label, unit="text", mininterval=1) as progress:
        for start in range(0, len(texts), size):
            before = texts[start : start + size]
            after = rewritten_by(line, before)
            for row, (old, new) in enumerate(zip(before, after, strict=True), start):
                if new != old:
                    texts[row] = new
                    changed.append(row)
            progress.update(len(before))
    return changed


def rewritten_by(line: Line, texts: Sequence[str]) -> list[str]:
    """Return what one mapper makes of texts of samples."""
    if line.rewrites_all:
        return list(line.operator.rewrite_all(texts, line.deciding, Tokens()))

    def rewrite(some: Sequence[str]) -> list[str]:
        return list(line.operator.rewrite(some, line.deciding))

    return rewrite_words(rewrite, texts, Tokens())
