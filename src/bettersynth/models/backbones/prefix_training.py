"""Training nano's captioner on pictures and their captions."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm import trange

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.models.backbones.caption_model import CaptionModel
from bettersynth.models.backbones.caption_words import PAD, SPECIAL, vocabulary_of, words_of
from bettersynth.models.backbones.lit_heads import Standard, standard_of, standardise
from bettersynth.models.backbones.prefix_captioner import PrefixCaptioner
from bettersynth.models.backbones.reference_split import batches
from bettersynth.models.devices.allocator import keep_freed_memory
from bettersynth.settings.captioner import CaptionerSettings

LOG_EVERY = 50  # updates
WARMUP_SHARE = 0.1  # of the updates


def train_captioner(
    settings: CaptionerSettings, pooled: np.ndarray, captions: list[str]
) -> tuple[PrefixCaptioner, list[tuple[int, float]]]:
    """Return a captioner trained on pictures `[n, 1280]` and their captions, and its losses.

    Losses come as (update, loss).

    Raises:
        UserError: no word occurs as often as `min_count` asks, or as `batches`.
    """
    # One thread and fixed algorithms: the bits of a sum depend on both.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    keep_freed_memory()
    seed = zlib.crc32(b"captioner")
    torch.manual_seed(settings.seed * 2**32 + seed)
    rng = np.random.default_rng([settings.seed, seed])

    standard = standard_of(torch.from_numpy(pooled))
    features = standardise(torch.from_numpy(pooled), standard)
    vocabulary = vocabulary_of(captions, settings.min_count)
    if captions and len(vocabulary) == len(SPECIAL):
        raise UserError(
            f"params.yaml: captioner.min_count is {settings.min_count:,}, but no word of the "
            f"{len(captions):,} captions to learn from occurs so often; lower it"
        )
    model = CaptionModel(len(vocabulary), settings.width, settings.hidden, settings.dropout)
    # This one only turns words to ids. But its own network draws from torch's generator, so that
    # the dropout that follows, and with it every trained number, depends on its being made here.
    coder = _captioner_of(model, standard, settings, vocabulary)
    short = []
    for caption in captions:
        words = words_of(caption)[: settings.max_words]
        short.append(" ".join(words))

    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    warmup_share = WARMUP_SHARE
    # of a warm-up of one update OneCycleLR makes a division by zero
    if warmup_share * settings.updates == 1:
        warmup_share = 2 / settings.updates
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        settings.learning_rate,
        total_steps=settings.updates,
        pct_start=warmup_share,
    )
    losses = []
    stream = batches(np.arange(len(captions)), settings.batch, rng)
    for update in trange(settings.updates, desc="captioner", unit="update", mininterval=1):
        rows = next(stream)
        ids = coder.encode([short[row] for row in rows])  # [batch, tokens]
        logits = model(features[rows], ids[:, :-1])  # [batch, tokens - 1, vocabulary]
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
    return _captioner_of(model, standard, settings, vocabulary), losses


def _captioner_of(
    model: CaptionModel, standard: Standard, settings: CaptionerSettings, vocabulary: list[str]
) -> PrefixCaptioner:
    weights = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    config = {"width": settings.width, "hidden": settings.hidden}
    return PrefixCaptioner(weights | standard._asdict(), config, vocabulary, model_hash="")


def write_losses(path: Path, losses: list[tuple[int, float]]) -> None:
    """Write the loss by update as a tab-separated table."""
    lines = ["update\tloss\n"]
    lines += [f"{update}\t{loss:.5f}\n" for update, loss in losses]
    with complete_or_absent(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
