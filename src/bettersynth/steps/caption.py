"""Describe again the samples whose picture and caption agree too little: `data/caption/candidates.parquet`.

Run alone: `python -m bettersynth.steps.caption`. The slice is a range of similarities of its own, so that moving the filter's
threshold captions nothing. Every caption is kept in the score cache; a killed run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.text_form import caption_of_text, text_of_caption
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.measuring.captioning import CachedCaptioner, choose_candidates
from bettersynth.measuring.measure import measure, open_column
from bettersynth.measuring.stat_tables import batch_of, read_pool
from bettersynth.models.captioners import Request
from bettersynth.operators import image_text_similarity_filter
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.reading import load_params, read_settings

SIMILARITY = Path("data/stats/image_text_similarity_filter.parquet")
CANDIDATES = Path("data/caption/candidates.parquet")
MAX_REFUSED = 0.05  # of the pictures; more without a caption end the step
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("candidate", pa.int32()),
        ("text", pa.string()),
        ("captioner", pa.string()),
        ("prompt", pa.string()),
        ("seed", pa.int64()),
    ]
)


def choose_slice(settings: CaptionSettings) -> pa.Table:
    """Return the pool's one-image samples in the range, in the pool's order.

    Raises:
        UserError: the stats are missing or belong to another pool.
    """
    pool = read_pool()
    if not SIMILARITY.exists():
        raise UserError(f"{SIMILARITY} does not exist; run `snakemake --cores all {SIMILARITY}`")
    scores = read_table(SIMILARITY, ["id", "image_text_similarity"]).to_pydict()
    if pool["id"].to_pylist() != scores["id"]:
        raise UserError(
            f"{SIMILARITY} belongs to another pool; run `python -m bettersynth.steps.stats image_text_similarity_filter`"
        )
    pairs = zip(pool["images"].to_pylist(), scores["image_text_similarity"], strict=True)
    flags = [
        len(names) == 1
        and len(values) == 1
        and settings.min_score <= values[0] <= settings.max_score
        for names, values in pairs
    ]
    return pool.filter(pa.array(flags, pa.bool_()))


def prompts_of(samples: pa.Table, settings: CaptionSettings) -> list[str]:
    if settings.prompt_key is None:
        return [settings.prompt] * samples.num_rows
    return [
        caption_of_text(prompt) or settings.prompt
        for prompt in samples[settings.prompt_key].to_pylist()
    ]


def make_captions(
    settings: CaptionSettings, samples: pa.Table, prompts: Sequence[str]
) -> tuple[list[list[str]], int]:
    """Return the captions of each sample, in order (none where the captioner refused), and how many were made now, not looked up.

    Raises:
        UserError: a picture cannot be read, or more than 5 % of the pictures got no caption.
    """
    captioner = CachedCaptioner(
        settings.captioner, settings.settings, "params.yaml: caption.settings"
    )
    names = [row[0] for row in samples["images"].to_pylist()]
    requests = [
        Request(name, prompt, k)
        for name, prompt in zip(names, prompts, strict=True)
        for k in range(settings.caption_num)
    ]
    with tqdm(total=len(requests), desc="captions", unit="caption", mininterval=1) as progress:
        made, bad = captioner.caption(
            batch_of(samples).pictures, requests, settings.seed, progress.update
        )
    captioner.close()
    if bad:
        name, reason = next(iter(bad.items()))
        raise UserError(f"{len(bad)} pictures cannot be captioned; the first, {name}: {reason}")
    captions = [
        [text for text in made[k : k + settings.caption_num] if text]
        for k in range(0, len(made), settings.caption_num)
    ]
    refused = sum(1 for texts in captions if not texts)
    if refused > MAX_REFUSED * len(captions):
        raise UserError(
            f"{refused:,} of {len(captions):,} pictures got no caption from {settings.captioner}; at most {MAX_REFUSED:.0%} may"
        )
    if refused:
        print(f"{refused:,} pictures got no caption; the next run asks again")
    return captions, captioner.made


def kept_candidates(
    settings: CaptionSettings,
    samples: pa.Table,
    captions: Sequence[Sequence[str]],
    params: dict[str, Any],
) -> list[list[int]]:
    """Return the numbers of the captions of each sample that `keep_candidate_mode` keeps."""
    best: dict[tuple[int, int], float] = {}
    if settings.keep_candidate_mode == "best_similarity":
        where = [
            (row, number) for row, texts in enumerate(captions) for number in range(len(texts))
        ]
        measuring = stats_settings(params, "image_text_similarity_filter")
        batch = batch_of(
            samples.take([row for row, _ in where]),
            [text_of_caption(captions[row][k]) for row, k in where],
        )
        column = open_column(image_text_similarity_filter, measuring)
        values = measure(image_text_similarity_filter, measuring, batch, column).values[
            "image_text_similarity"
        ]
        best = {place: value[0] for place, value in zip(where, values, strict=True)}
    return [
        choose_candidates(
            settings.keep_candidate_mode,
            texts,
            caption_of_text(original),
            [sha256[0], str(settings.seed)],
            lambda texts, row=row: [best[row, k] for k in range(len(texts))],  # type: ignore[misc]
        )
        for row, (texts, original, sha256) in enumerate(
            zip(
                captions,
                samples["text"].to_pylist(),
                samples["image_sha256"].to_pylist(),
                strict=True,
            )
        )
    ]


def main() -> dict[str, int]:
    params = load_params()
    settings = read_settings(CaptionSettings, params.get("caption"), "params.yaml: caption")
    if settings.captioner == "none":
        write_table(CANDIDATES, SCHEMA.empty_table())
        print("caption: none, as caption.captioner says")
        return {"samples": 0}
    samples = choose_slice(settings)
    prompts = prompts_of(samples, settings)
    captions, made = make_captions(settings, samples, prompts)
    kept = kept_candidates(settings, samples, captions, params)
    rows = [
        {
            "id": sample,
            "candidate": number,
            "text": text_of_caption(texts[number]),
            "captioner": settings.captioner,
            "prompt": prompt,
            "seed": settings.seed,
        }
        for sample, prompt, texts, numbers in zip(
            samples["id"].to_pylist(), prompts, captions, kept, strict=True
        )
        for number in numbers
    ]
    write_table(CANDIDATES, pa.Table.from_pylist(rows, schema=SCHEMA))
    print(
        f"caption: {samples.num_rows:,} samples, {len(rows):,} new captions by {settings.captioner}; {made:,} made now"
    )
    return {"samples": made}


if __name__ == "__main__":
    run_step(main)
