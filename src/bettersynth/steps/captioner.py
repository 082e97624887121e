"""Train nano's prefix captioner on the reference split: `models/captioner/`.

Run alone: `python -m bettersynth.steps.captioner`. What it says of concepts that it never saw is measured on a held-out share.
"""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm import trange

from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.lit_scorer import standardise
from bettersynth.models.backbones.prefix_captioner import (
    PAD,
    CaptionModel,
    PrefixCaptioner,
    Sampling,
    save_captioner,
    vocabulary_of,
    words_of,
)
from bettersynth.models.devices.allocator import keep_freed_memory
from bettersynth.settings.captioner import CaptionerSettings
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.steps.scorer import batches, folds, reference_pairs

SAMPLES = Path("data/pool/samples.parquet")
FEATURES = Path("data/features")
FOLDER = Path("models/captioner")
LOG_EVERY = 50  # updates


def train(
    settings: CaptionerSettings, pooled: np.ndarray, captions: list[str]
) -> tuple[PrefixCaptioner, list[tuple[int, float]]]:
    """Return a captioner trained on pictures `[n, 1280]` and their captions, and the loss by update."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    keep_freed_memory()
    seed = zlib.crc32(b"captioner")
    torch.manual_seed(settings.seed * 2**32 + seed)
    features = torch.from_numpy(pooled)
    root = features.clamp(min=0).sqrt()
    mean, deviation = root.mean(0), root.std(0) + 1e-3
    features = standardise(features, mean, deviation)
    vocabulary = vocabulary_of(captions, settings.min_count)
    model = CaptionModel(len(vocabulary), settings.width, settings.hidden, settings.dropout)
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()} | {
        "mean": mean,
        "deviation": deviation,
    }
    config = {"width": settings.width, "hidden": settings.hidden}
    coder = PrefixCaptioner(tensors, config, vocabulary, "")
    short = [" ".join(words_of(caption)[: settings.max_words]) for caption in captions]
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.updates, pct_start=0.1
    )
    stream = batches(
        np.arange(len(captions)), settings.batch, np.random.default_rng([settings.seed, seed])
    )
    losses = []
    for update in trange(settings.updates, desc="captioner", unit="update", mininterval=1):
        rows = next(stream)
        ids = coder.encode([short[row] for row in rows])
        logits = model(features[rows], ids[:, :-1])
        loss = cross_entropy(
            logits.flatten(0, 1),
            ids[:, 1:].flatten(),
            ignore_index=PAD,
            label_smoothing=settings.label_smoothing,
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if update % LOG_EVERY == 0 or update == settings.updates - 1:
            losses.append((update + 1, loss.item()))
    trained = {f"model.{name}": tensor for name, tensor in model.state_dict().items()} | {
        "mean": mean,
        "deviation": deviation,
    }
    return PrefixCaptioner(trained, config, vocabulary, ""), losses


def word_f1(made: str, wanted: str) -> float:
    """Return the harmonic mean of precision and recall of the words of `made`, counted with repeats; 0 to 1."""
    ours, theirs = Counter(words_of(made)), Counter(words_of(wanted))
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if common else 0.0


def evaluate(
    captioner: PrefixCaptioner, pooled: np.ndarray, captions: list[str], seed: int
) -> dict[str, float | int | None]:
    """Return how well held-out pictures are told and named.

    `four_way`: share of pictures whose own caption is likelier (mean per token) than three other captions of the set; chance .25.
    `word_f1`: of the greedy caption. Both are None where fewer than 4 captions are held out.
    """
    distinct = sorted(set(captions))
    if len(distinct) < 4:
        return {"held_out": len(captions), "four_way": None, "word_f1": None}
    rng = np.random.default_rng([seed, zlib.crc32(b"captioner evaluation")])
    options = np.array(
        [
            [caption, *rng.choice([d for d in distinct if d != caption], 3, replace=False)]
            for caption in captions
        ]
    )
    scores = np.stack(
        [captioner.log_likelihood(pooled, options[:, k].tolist()) for k in range(4)], axis=1
    )
    greedy = captioner.candidates(pooled, [""] * len(captions), Sampling(candidates=1), seed)
    f1 = np.mean(
        [word_f1(made[0], caption) for made, caption in zip(greedy, captions, strict=True)]
    )
    return {
        "held_out": len(captions),
        "four_way": round(float((scores.argmax(1) == 0).mean()), 4),
        "word_f1": round(float(f1), 4),
    }


def main() -> None:
    settings = read_settings(
        CaptionerSettings, load_params().get("captioner"), "params.yaml: captioner"
    )
    if not settings.train:
        write_json(FOLDER / "manifest.json", {"trained": False})
        print(f"{FOLDER}: none is trained")
        return
    store = FeatureStore(FEATURES)
    rows, captions, concepts = reference_pairs(SAMPLES, store)
    pooled = store.pooled(rows)
    held_out = folds(concepts, settings.seed) < settings.held_out
    seen, unseen = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    captioner, losses = train(settings, pooled[seen], [captions[k] for k in seen])
    found = evaluate(captioner, pooled[unseen], [captions[k] for k in unseen], settings.seed)
    tensors = {f"model.{name}": tensor for name, tensor in captioner.model.state_dict().items()}
    tensors |= {"mean": captioner.mean, "deviation": captioner.deviation}
    with complete_or_absent(FOLDER / "log.tsv") as temporary:
        temporary.write_text(
            "update\tloss\n" + "".join(f"{update}\t{loss:.5f}\n" for update, loss in losses),
            encoding="utf-8",
        )
    save_captioner(
        FOLDER,
        tensors,
        {**captioner.config, "reference_pairs": len(seen), **found, "seed": settings.seed},
        captioner.vocabulary,
    )
    size = sum(tensor.numel() for tensor in tensors.values())
    print(
        f"{FOLDER}: {size:,} numbers, {len(seen):,} pairs; unseen concepts: 4-way {found['four_way']}, word F1 {found['word_f1']}"
    )


if __name__ == "__main__":
    run_step(main)
