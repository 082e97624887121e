"""New captions for samples whose picture and caption agree too little.

The slice is a range of similarities of its own: unless `caption.of` asks for what the filter kept
or dropped, moving the filter's threshold captions nothing. Every caption is kept in the score
cache; a killed run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from bettersynth.data.files.rejects import Reject, require_few
from bettersynth.data.samples.pool_samples import pool_batch, pool_pictures, read_pool
from bettersynth.data.samples.text_form import caption_of_text, text_of_caption
from bettersynth.data.tables.column_rows import take_rows, take_table
from bettersynth.data.tables.decisions import read_decisions
from bettersynth.data.tables.row_texts import RowTexts
from bettersynth.data.tables.samples import types_of
from bettersynth.data.tables.stats import read_stats_table
from bettersynth.errors import warn
from bettersynth.measuring.caption_choice import (
    Described,
    by_picture,
    kept_captions,
    requests_of,
)
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.measuring.launching import Launch, launch_of
from bettersynth.measuring.measure import measure, open_column
from bettersynth.operators import load_operator
from bettersynth.recipes.filter_section import SIMILARITY, SIMILARITY_OPERATOR
from bettersynth.recipes.left_out import left_out
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.caption import CaptionedSamples, CaptionSettings

CAPTIONER_SETTINGS = "params.yaml: caption.settings"


def new_captions(
    settings: CaptionSettings, params: dict[str, Any]
) -> tuple[list[dict[str, Any]], int, int]:
    """Return the rows of the candidates' table, how many samples were described, and how many
    captions were made now, not looked up.

    Raises:
        UserError: the pool is not measured, a picture cannot be read, or too many were refused.
    """
    samples = choose_slice(settings)
    prompts = prompts_of(samples, settings)
    captions, made = make_captions(settings, samples, prompts, launch_of(params))
    kept = kept_candidates(settings, samples, captions, params)
    rows: list[dict[str, Any]] = []
    for sample, prompt, texts, numbers in zip(
        samples["id"].to_pylist(), prompts, captions, kept, strict=True
    ):
        for number in numbers:
            rows.append(
                {
                    "id": sample,
                    "candidate": number,
                    "text": text_of_caption(texts[number]),
                    "captioner": settings.captioner,
                    "prompt": prompt,
                    "seed": settings.seed,
                }
            )
    return rows, samples.num_rows, made


def planned_captions(settings: CaptionSettings) -> tuple[int, int, int]:
    """Return how many samples get captions, how many captions that takes, and how many of these
    are known already.

    Raises:
        UserError: the pool is not measured, or there is no such captioner yet.
    """
    samples = choose_slice(settings)
    requests = requests_of(_pictures(samples), prompts_of(samples, settings), settings.caption_num)
    captioner = CachedCaptioner(settings.captioner, settings.settings, CAPTIONER_SETTINGS)
    wanted, known = captioner.count(pool_pictures(samples), requests, settings.seed)
    captioner.close()
    return samples.num_rows, wanted, known


def choose_slice(settings: CaptionSettings) -> pa.Table:
    """Return the one-image captions of `caption.of` in the range of similarities, in the pool's
    order; conversations are never described anew.

    Raises:
        UserError: the stats or the filter's decisions are missing or belong to another pool.
    """
    pool = read_pool()
    scores = read_stats_table(SIMILARITY_OPERATOR, pool["id"])[SIMILARITY]
    # a sample of several pictures has no one caption to exchange
    one = _flags(pc.equal(types_of(pool), "caption"))
    one &= _flags(pc.equal(pc.list_value_length(pool["images"]), 1))
    one &= _flags(pc.equal(pc.list_value_length(scores), 1))
    rows = np.flatnonzero(one & samples_of(settings.of, pool["id"]))
    score = pc.list_flatten(take_rows(scores, rows)).to_numpy()
    in_slice = (settings.min_score <= score) & (score <= settings.max_score)
    return take_table(pool, rows[in_slice])


def _flags(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column of truths as bool `[rows]`, null as False."""
    return pc.fill_null(column, False).to_numpy().astype(bool)


def samples_of(of: CaptionedSamples, ids: pa.ChunkedArray) -> np.ndarray:
    """Return which samples of the pool `caption.of` asks for, by what the filter decided, bool
    `[samples]`.

    What a control or a selector left out is not dropped in its sense: no caption brings it back.

    Raises:
        UserError: the filter has not run, or on another pool.
    """
    if of == "all":
        return np.ones(len(ids), dtype=bool)
    decisions = read_decisions(ids)
    kept = _flags(decisions["kept"])
    if of == "kept":
        return kept
    return ~kept & ~RowTexts.of(decisions["rule"]).matching(left_out)


def prompts_of(samples: pa.Table, settings: CaptionSettings) -> list[str]:
    """Return the prompt of each sample: its own, where it has one, else that of the settings."""
    if settings.prompt_key is None:
        return [settings.prompt] * samples.num_rows
    own = samples[settings.prompt_key].to_pylist()
    return [caption_of_text(prompt) or settings.prompt for prompt in own]


def make_captions(
    settings: CaptionSettings, samples: pa.Table, prompts: Sequence[str], launch: Launch
) -> tuple[list[list[str]], int]:
    """Return the captions of each sample, and how many were made now, not looked up, by whom
    `launch` names.

    A sample has none where the captioner refused.

    Raises:
        UserError: a picture cannot be read, or too many got no caption.
    """
    captioner = CachedCaptioner(settings.captioner, settings.settings, CAPTIONER_SETTINGS)
    names = _pictures(samples)
    requests = requests_of(names, prompts, settings.caption_num)
    with tqdm(total=len(requests), desc="captions", unit="caption", mininterval=1) as progress:
        made, unreadable = captioner.caption(
            pool_pictures(samples), requests, settings.seed, progress.update, launch=launch
        )
    captioner.close()
    # The pool stage has decoded every picture: one that cannot be read now was damaged since
    broken = [Reject(name, reason) for name, reason in unreadable.items()]
    require_few(broken, len(names), 0.0, "the caption stage", "pictures cannot be captioned")
    captions = by_picture(made, settings.caption_num)
    refused: list[Reject] = []
    for name, texts in zip(names, captions, strict=True):
        if not texts:
            refused.append(Reject(name, "refused"))
    require_few(
        refused,
        len(names),
        settings.max_reject_share,
        "caption.max_reject_share",
        f"pictures got no caption from {settings.captioner}",
    )
    if refused:
        warn(f"{len(refused):,} pictures got no caption; the next run asks again")
    return captions, captioner.made


def _pictures(samples: pa.Table) -> list[str]:
    return [images[0] for images in samples["images"].to_pylist()]


def kept_candidates(
    settings: CaptionSettings,
    samples: pa.Table,
    captions: Sequence[Sequence[str]],
    params: dict[str, Any],
) -> list[list[int]]:
    """Return the numbers of the captions of each sample that `keep_candidate_mode` keeps."""

    def similarity(pairs: Sequence[tuple[int, str]]) -> list[float]:
        operator = load_operator(SIMILARITY_OPERATOR)
        measuring = stats_settings(params, SIMILARITY_OPERATOR)
        shown = samples.take([row for row, _ in pairs])
        batch = pool_batch(shown, [text_of_caption(caption) for _, caption in pairs])
        column = open_column(operator, measuring)
        values = measure(operator, measuring, batch, column).values[SIMILARITY]
        return [value[0] for value in values]

    pictures: list[Described] = []
    for texts, original, sha256 in zip(
        captions, samples["text"].to_pylist(), samples["image_sha256"].to_pylist(), strict=True
    ):
        # by content: what is drawn depends on neither order nor ids
        draw = [sha256[0], str(settings.seed)]
        pictures.append(Described(texts, caption_of_text(original), draw))
    return kept_captions(settings.keep_candidate_mode, pictures, similarity)
