"""Making `models/captioner/`: nano's is trained, and judged by concepts that it never saw."""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from bettersynth.data.files.writing import write_json
from bettersynth.models.backbones.caption_words import words_of
from bettersynth.models.backbones.model_folder import MANIFEST
from bettersynth.models.backbones.prefix_captioner import (
    PrefixCaptioner,
    Sampling,
    save_captioner,
)
from bettersynth.models.backbones.prefix_training import train_captioner, write_losses
from bettersynth.models.backbones.reference_split import folds, reference_pairs
from bettersynth.settings.captioner import CaptionerSettings

FOLDER = Path("models/captioner")
# beside the caption itself
WRONG_OPTIONS = 3


def note_no_captioner() -> str:
    """Write down that none is trained; return a summary."""
    write_json(FOLDER / MANIFEST, {"trained": False})
    return f"{FOLDER}: none is trained"


def make_captioner(settings: CaptionerSettings) -> str:
    """Train nano's captioner on the reference split, and write it; return a summary.

    Raises:
        UserError: too few reference pairs.
    """
    reference = reference_pairs()
    # by concept, not by pair: a concept drawn in another style would give the answer away
    held_out = folds(reference.concepts, settings.seed) < settings.held_out
    seen_rows = np.flatnonzero(~held_out)
    unseen_rows = np.flatnonzero(held_out)
    seen_captions = [reference.captions[row] for row in seen_rows]
    unseen_captions = [reference.captions[row] for row in unseen_rows]

    captioner, losses = train_captioner(settings, reference.pooled[seen_rows], seen_captions)
    quality = evaluate(captioner, reference.pooled[unseen_rows], unseen_captions, settings.seed)

    tensors = captioner.tensors()
    config = {
        **captioner.config,
        "reference_pairs": len(seen_rows),
        **quality,
        "seed": settings.seed,
    }
    write_losses(FOLDER / "log.tsv", losses)
    save_captioner(FOLDER, tensors, config, captioner.vocabulary)
    size = sum(tensor.numel() for tensor in tensors.values())
    return (
        f"{FOLDER}: {size:,} numbers, {len(seen_rows):,} pairs; "
        f"unseen concepts: 4-way {quality['four_way']}, word F1 {quality['word_f1']}"
    )


def evaluate(
    captioner: PrefixCaptioner, pooled: np.ndarray, captions: list[str], seed: int
) -> dict[str, float | int | None]:
    """Return how well held-out pictures `[n, 1280]` are told and named.

    `four_way`: share of pictures whose own caption is likelier (mean per token) than three other
    captions of the set; chance .25. `word_f1`: of the greedy caption. Both are None where fewer
    than four captions are held out.
    """
    distinct = sorted(set(captions))
    if len(distinct) <= WRONG_OPTIONS:
        return {"held_out": len(captions), "four_way": None, "word_f1": None}
    rng = np.random.default_rng([seed, zlib.crc32(b"captioner evaluation")])
    # the true caption first
    options = []
    for caption in captions:
        others = [other for other in distinct if other != caption]
        options.append([caption, *rng.choice(others, WRONG_OPTIONS, replace=False)])
    columns = []
    for options_of_rank in zip(*options, strict=True):
        columns.append(captioner.log_likelihood(pooled, options_of_rank))
    likelihoods = np.stack(columns, axis=1)  # [n, options]
    four_way = float((likelihoods.argmax(1) == 0).mean())
    greedy = captioner.candidates(pooled, [""] * len(captions), Sampling(candidates=1), seed)
    f1s = []
    for [made], caption in zip(greedy, captions, strict=True):
        f1s.append(word_f1(made, caption))
    return {
        "held_out": len(captions),
        "four_way": round(four_way, 4),
        "word_f1": round(float(np.mean(f1s)), 4),
    }


def word_f1(made: str, wanted: str) -> float:
    """Return the harmonic mean of precision and recall of the words of `made`; 0 to 1.

    Words are counted with repeats.
    """
    made_words = Counter(words_of(made))
    wanted_words = Counter(words_of(wanted))
    common = (made_words & wanted_words).total()
    if not common:
        return 0.0
    return 2 * common / (made_words.total() + wanted_words.total())
