"""Train nano's image-text scorer on the reference split, contrastively, with both towers frozen: `models/scorer/`; or note a ready one.

Run alone: `python -m bettersynth.steps.scorer`. The reference split's clean captions stand for the pairs that CLIP saw; the pool and
its planted mismatches are never read.
"""

from __future__ import annotations

import multiprocessing
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from bettersynth.data.files.hashing import hashes_in_folder
from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError, require_present
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.lit_scorer import (
    Heads,
    TextTower,
    pair_scores,
    save_scorer,
    standardise,
)
from bettersynth.models.devices.allocator import keep_freed_memory
from bettersynth.settings.reading import load_params, read_settings, threads
from bettersynth.settings.scorer import ScorerSettings

SAMPLES = Path("data/pool/samples.parquet")
FEATURES = Path("data/features")
FOLDER = Path("models/scorer")
LOG_EVERY = 20  # updates
MIN_PAIRS = 64  # fewer teach nothing


class Pairs(NamedTuple):
    """The reference split: standardised image features `[n, 1280]`, MiniLM vectors `[n, 384]`, a fold `[n]` in 0 to 1 by concept."""

    images: Tensor
    texts: Tensor
    fold: np.ndarray


class Member(NamedTuple):
    """Trained weights, loss by update, and scores of the matched and of the shuffled held-out pairs."""

    state: dict[str, Tensor]
    losses: list[tuple[int, float]]
    matched: np.ndarray
    shuffled: np.ndarray


def reference_pairs(
    samples: Path, features: FeatureStore
) -> tuple[np.ndarray, list[str], list[str]]:
    """Return rows in the feature store, captions and concepts (the caption where there is none) of the reference split.

    Raises:
        UserError: fewer than `MIN_PAIRS` pairs.
    """
    table = read_table(samples, ["text", "image_sha256", "concept", "split"])
    records = [
        row
        for row in table.to_pylist()
        if row["split"] == "reference" and row["image_sha256"] and caption_of_text(row["text"])
    ]
    if len(records) < MIN_PAIRS:
        raise UserError(
            f"{samples} has {len(records)} reference pairs; the scorer and the captioner need {MIN_PAIRS}"
        )
    captions = [caption_of_text(row["text"]) for row in records]
    concepts = [row["concept"] or caption for row, caption in zip(records, captions, strict=True)]
    return features.rows(row["image_sha256"][0] for row in records), captions, concepts


def folds(concepts: list[str], seed: int) -> np.ndarray:
    """Return a number in 0 to 1 for each concept, by a hash: equal concepts fall into one fold."""
    return np.array([zlib.crc32(f"{seed} {concept}".encode()) / 2**32 for concept in concepts])


def contrastive_loss(images: Tensor, texts: Tensor, scale: Tensor, same: Tensor) -> Tensor:
    """Return the mean of both directions' cross entropies; pairs that mean the same (`same` bool `[n, n]`) share the target."""
    logits = scale * images @ texts.T
    target = same / same.sum(1, keepdim=True)
    return (
        -(
            (target * logits.log_softmax(1)).sum(1).mean()
            + (target.T * logits.log_softmax(0)).sum(0).mean()
        )
        / 2
    )


def batches(rows: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield `size` distinct rows at a time, forever; every row comes once before any comes again (but for a rest)."""
    size = min(size, len(rows))
    while True:
        order = rng.permutation(rows)
        for start in range(0, len(order) - size + 1, size):
            yield order[start : start + size]


def train_member(settings: ScorerSettings, pairs: Pairs, member: int) -> Member:
    """Train one member on all pairs but its own fold, one thread, and score its held-out pairs (matched, and shuffled by one)."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    keep_freed_memory()
    seed = zlib.crc32(f"scorer member {member}".encode())
    torch.manual_seed(settings.seed * 2**32 + seed)
    rng = np.random.default_rng([settings.seed, seed])
    low = member * settings.held_out % 1
    held_out = (pairs.fold >= low) & (pairs.fold < low + settings.held_out)
    heads = Heads(settings.hidden, settings.width, settings.dropout)
    scale = torch.nn.Parameter(torch.tensor(float(np.log(settings.initial_scale))))
    groups = [{"params": list(heads.parameters())}, {"params": [scale], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(
        groups, lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    warmup = max(1, settings.updates // 10)
    losses = []
    stream = batches(np.flatnonzero(~held_out), settings.batch, rng)
    for update in range(settings.updates):
        rate = (
            settings.learning_rate
            * min(1, (update + 1) / warmup)
            * (0.5 + 0.5 * np.cos(np.pi * update / settings.updates))
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        rows = torch.from_numpy(next(stream))
        texts = pairs.texts[rows]
        same = texts @ texts.T >= settings.same_meaning
        same.fill_diagonal_(True)
        loss = contrastive_loss(
            heads.images(pairs.images[rows]), heads.texts(texts), scale.exp().clamp(max=100), same
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if update % LOG_EVERY == 0 or update == settings.updates - 1:
            losses.append((update + 1, loss.item()))
    heads.eval()
    with torch.inference_mode():
        matched, shuffled = _held_out_scores(
            heads, pairs, np.flatnonzero(held_out), np.flatnonzero(~held_out), settings
        )
    return Member(
        {name: tensor.clone() for name, tensor in heads.state_dict().items()},
        losses,
        matched,
        shuffled,
    )


def _held_out_scores(
    heads: Heads, pairs: Pairs, rows: np.ndarray, others: np.ndarray, settings: ScorerSettings
) -> tuple[np.ndarray, np.ndarray]:
    if len(rows) < 2:
        return np.zeros(0), np.zeros(0)
    images, texts = heads.images(pairs.images), heads.texts(pairs.texts)
    bank = bank_rows(others, settings)
    shift = np.roll(rows, len(rows) // 2)

    def scores(image_rows: np.ndarray, text_rows: np.ndarray) -> np.ndarray:
        return (
            pair_scores(
                images[image_rows],
                texts[text_rows],
                images[bank],
                texts[bank],
                settings.temperature,
            )
            .double()
            .numpy()
        )

    return scores(rows, rows), scores(rows, shift)


def bank_rows(rows: np.ndarray, settings: ScorerSettings) -> np.ndarray:
    """Return the rows of the bank, drawn with the settings' seed, ascending."""
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"scorer bank")])
    return np.sort(rng.permutation(rows)[: settings.bank])


def train_members(settings: ScorerSettings, pairs: Pairs) -> list[Member]:
    """Train all members, one process with one thread each, as many at a time as there are cores to use."""
    context = multiprocessing.get_context("spawn")
    workers = min(threads(), settings.members)
    if workers == 1:
        return [train_member(settings, pairs, member) for member in range(settings.members)]
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return [
            job.result()
            for job in [
                pool.submit(train_member, settings, pairs, k) for k in range(settings.members)
            ]
        ]


def calibration(
    settings: ScorerSettings, matched: np.ndarray, shuffled: np.ndarray
) -> dict[str, float | int]:
    """Return slope and offset that put the medians where the settings say, and how well the held-out pairs are told apart."""
    middle, low = float(np.median(matched)), float(np.median(shuffled))
    if not middle > low:
        raise UserError(
            "the scorer learned nothing: held-out matched pairs score no higher than shuffled ones; it needs more reference pairs"
        )
    slope = (settings.matched - settings.shuffled) / (middle - low)
    truth = np.concatenate([np.ones(len(matched)), np.zeros(len(shuffled))])
    auc = float(roc_auc_score(truth, np.concatenate([matched, shuffled])))
    return {
        "slope": slope,
        "offset": settings.matched - slope * middle,
        "held_out_pairs": len(matched),
        "held_out_auc": round(auc, 4),
    }


def write_log(path: Path, members: list[Member]) -> None:
    """Write the loss by member and update as a tab-separated table."""
    with complete_or_absent(path) as temporary:
        lines = [
            f"{k}\t{update}\t{loss:.5f}\n"
            for k, member in enumerate(members)
            for update, loss in member.losses
        ]
        temporary.write_text("member\tupdate\tloss\n" + "".join(lines), encoding="utf-8")


def main() -> None:
    settings = read_settings(ScorerSettings, load_params().get("scorer"), "params.yaml: scorer")
    if settings.folder:
        require_present(settings.folder, "scorer.folder")
        write_json(
            FOLDER / "manifest.json",
            {"folder": settings.folder, "files": hashes_in_folder(settings.folder)},
        )
        print(f"{FOLDER}: {settings.folder}")
        return
    store = FeatureStore(FEATURES)
    rows, captions, concepts = reference_pairs(SAMPLES, store)
    keep_freed_memory()
    texts = torch.from_numpy(TextTower().embed(captions))
    pooled = torch.from_numpy(store.pooled(rows))
    root = pooled.clamp(min=0).sqrt()
    mean, deviation = root.mean(0), root.std(0) + 1e-3
    pairs = Pairs(standardise(pooled, mean, deviation), texts, folds(concepts, settings.seed))
    members = train_members(settings, pairs)
    found = calibration(
        settings,
        *(np.concatenate([getattr(m, name) for m in members]) for name in ("matched", "shuffled")),
    )
    bank = bank_rows(np.arange(len(rows)), settings)
    tensors = {
        "mean": mean,
        "deviation": deviation,
        "bank.pooled": pooled[bank],
        "bank.text": texts[bank],
    }
    for k, member in enumerate(members):
        tensors |= {f"members.{k}.{name}": tensor for name, tensor in member.state.items()}
    config = {
        name: getattr(settings, name)
        for name in ("members", "hidden", "width", "temperature", "seed")
    }
    write_log(FOLDER / "log.tsv", members)
    save_scorer(FOLDER, tensors, {**config, **found, "reference_pairs": len(rows)})
    print(
        f"{FOLDER}: {settings.members} members on {len(rows):,} reference pairs; ROC AUC on held-out concepts {found['held_out_auc']:.3f}"
    )


if __name__ == "__main__":
    run_step(main)
