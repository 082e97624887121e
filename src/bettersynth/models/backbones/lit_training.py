"""Training the heads of nano's scorer, contrastively, with both towers frozen.

Each member leaves out a fold of its own; what it says of that fold calibrates the score.
"""

from __future__ import annotations

import multiprocessing
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.data.files.watched_pool import WatchedPool
from bettersynth.models.backbones.lit_heads import Heads, pair_scores
from bettersynth.models.backbones.reference_split import batches
from bettersynth.models.devices.allocator import keep_freed_memory
from bettersynth.settings.scorer import ScorerSettings

LOG_EVERY = 20  # updates
# CLIP's limit of what multiplies a cosine
MAX_SCALE = 100.0


class TrainingPairs(NamedTuple):
    """What a member learns from."""

    images: Tensor  # float32 [n, 1280], standardised
    texts: Tensor  # float32 [n, 384], MiniLM's unit vectors
    fold: np.ndarray  # float64 [n] in 0 to 1, one number a concept


class Member(NamedTuple):
    """A trained member, and the scores of its held-out pairs."""

    state: dict[str, Tensor]
    losses: list[tuple[int, float]]  # (update, loss)
    matched: np.ndarray  # float64 [held out]
    shuffled: np.ndarray  # float64 [held out], each image with another pair's text


def train_members(
    settings: ScorerSettings, pairs: TrainingPairs, processes: int
) -> Sequence[Member]:
    """Train all members, each with one thread, at most `processes` at a time."""
    numbers = range(settings.members)
    workers = min(processes, settings.members)
    if workers == 1:
        return [train_member(settings, pairs, number) for number in numbers]
    context = multiprocessing.get_context("spawn")
    with WatchedPool(workers, context, end_with_parent) as pool:
        jobs = [pool.submit(train_member, settings, pairs, number) for number in numbers]
        return [job.result() for job in jobs]


def train_member(settings: ScorerSettings, pairs: TrainingPairs, number: int) -> Member:
    """Train one member on all pairs but its own fold, and score the held-out ones."""
    # One thread and fixed algorithms: the bits of a sum depend on both.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    keep_freed_memory()
    seed = zlib.crc32(f"scorer member {number}".encode())
    torch.manual_seed(settings.seed * 2**32 + seed)
    rng = np.random.default_rng([settings.seed, seed])

    # the folds of the members lie side by side, and begin again at 0
    lowest = number * settings.held_out % 1
    held_out = (pairs.fold >= lowest) & (pairs.fold < lowest + settings.held_out)
    seen_rows = np.flatnonzero(~held_out)
    held_out_rows = np.flatnonzero(held_out)

    heads = Heads(settings.hidden, settings.width, settings.dropout)
    losses = _train(heads, settings, pairs, seen_rows, rng)
    heads.eval()
    with torch.inference_mode():
        matched, shuffled = _held_out_scores(heads, settings, pairs, held_out_rows, seen_rows)
    state = {name: tensor.clone() for name, tensor in heads.state_dict().items()}
    return Member(state, losses, matched, shuffled)


def _train(
    heads: Heads,
    settings: ScorerSettings,
    pairs: TrainingPairs,
    rows: np.ndarray,
    rng: np.random.Generator,
) -> list[tuple[int, float]]:
    """Train `heads` in place on the pairs `rows` `[seen]`; return losses by update."""
    # The logarithm is learned, so that the scale stays positive; no weight decay pulls it to 1.
    log_scale = torch.nn.Parameter(torch.tensor(float(np.log(settings.initial_scale))))
    groups = [{"params": list(heads.parameters())}, {"params": [log_scale], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(
        groups, lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    losses = []
    stream = batches(rows, settings.batch, rng)
    for update in range(settings.updates):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings, update)
        batch = torch.from_numpy(next(stream))
        texts = pairs.texts[batch]
        # texts that mean the same are no negatives of each other
        same = texts @ texts.T >= settings.same_meaning
        same.fill_diagonal_(True)
        loss = contrastive_loss(
            heads.images(pairs.images[batch]),
            heads.texts(texts),
            log_scale.exp().clamp(max=MAX_SCALE),
            same,
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if update % LOG_EVERY == 0 or update == settings.updates - 1:
            losses.append((update + 1, loss.item()))
    return losses


def learning_rate(settings: ScorerSettings, update: int) -> float:
    """Return the rate of an update: a linear warm-up of a tenth, times half a cosine down to 0."""
    warmup = max(1, settings.updates // 10)
    rising = min(1, (update + 1) / warmup)
    falling = 0.5 + 0.5 * np.cos(np.pi * update / settings.updates)
    return settings.learning_rate * rising * falling


def contrastive_loss(images: Tensor, texts: Tensor, scale: Tensor, same: Tensor) -> Tensor:
    """Return the mean of both directions' cross entropies, a scalar.

    `images` and `texts` are unit vectors `[n, width]`; pairs that mean the same (`same`, bool
    `[n, n]`) share the target.
    """
    logits = scale * images @ texts.T  # [images, texts]
    # `same` is symmetric, so the transposed target serves the other direction
    target = same / same.sum(1, keepdim=True)
    to_texts = (target * logits.log_softmax(1)).sum(1).mean()
    to_images = (target.T * logits.log_softmax(0)).sum(0).mean()
    return -(to_texts + to_images) / 2


def _held_out_scores(
    heads: Heads,
    settings: ScorerSettings,
    pairs: TrainingPairs,
    rows: np.ndarray,
    seen_rows: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 `[held out]` twice: scores of matched pairs, and of shuffled ones.

    The bank is drawn from the pairs that the member saw.
    """
    if len(rows) < 2:
        return np.zeros(0), np.zeros(0)
    images = heads.images(pairs.images)  # [n, width]
    texts = heads.texts(pairs.texts)  # [n, width]
    bank = bank_rows(seen_rows, settings)

    def scores(text_rows: np.ndarray) -> np.ndarray:
        of_pairs = pair_scores(
            images[rows], texts[text_rows], images[bank], texts[bank], settings.temperature
        )
        return of_pairs.double().numpy()

    # Half-way around, so that neighbours in the table, which are often alike, are not paired.
    return scores(rows), scores(np.roll(rows, len(rows) // 2))


def bank_rows(rows: np.ndarray, settings: ScorerSettings) -> np.ndarray:
    """Return the rows of the bank, drawn with the settings' seed, ascending `[bank]`."""
    rng = np.random.default_rng([settings.seed, zlib.crc32(b"scorer bank")])
    return np.sort(rng.permutation(rows)[: settings.bank])
