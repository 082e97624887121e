"""Making `models/scorer/`: nano's is trained, a ready CLIP is only noted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from bettersynth.data.files.hashing import hashes_in_folder
from bettersynth.data.files.writing import write_json
from bettersynth.errors import require_present
from bettersynth.models.backbones.lit_heads import standard_of, standardise
from bettersynth.models.backbones.lit_report import calibration, write_losses
from bettersynth.models.backbones.lit_scorer import save_scorer
from bettersynth.models.backbones.lit_training import TrainingPairs, bank_rows, train_members
from bettersynth.models.backbones.model_folder import MANIFEST
from bettersynth.models.backbones.reference_split import folds, reference_pairs
from bettersynth.models.backbones.text_tower import TextTower
from bettersynth.models.devices.allocator import keep_freed_memory
from bettersynth.settings.scorer import ScorerSettings

FOLDER = Path("models/scorer")


def note_ready_scorer(folder: str) -> str:
    """Write down which CLIP stands in `folder`, and the sha256 of its files; return a summary.

    Raises:
        UserError: there is no such folder.
    """
    require_present(folder, "scorer.folder")
    write_json(FOLDER / MANIFEST, {"folder": folder, "files": hashes_in_folder(folder)})
    return f"{FOLDER}: {folder}"


def make_scorer(settings: ScorerSettings, processes: int) -> str:
    """Train nano's scorer on the reference split, and write it; return a summary.

    Raises:
        UserError: too few reference pairs, or nothing was learned from them.
    """
    reference = reference_pairs()
    keep_freed_memory()
    texts = torch.from_numpy(TextTower().embed(reference.captions))  # [pairs, 384]
    pooled = torch.from_numpy(reference.pooled)  # [pairs, 1280]
    standard = standard_of(pooled)
    fold = folds(reference.concepts, settings.seed)
    pairs = TrainingPairs(standardise(pooled, standard), texts, fold)
    members = train_members(settings, pairs, processes)
    calibrated = calibration(
        settings,
        np.concatenate([member.matched for member in members]),
        np.concatenate([member.shuffled for member in members]),
    )

    # the finished scorer's bank is drawn from all pairs; members in training saw their own part
    bank = bank_rows(np.arange(len(texts)), settings)
    tensors = {**standard._asdict(), "bank.pooled": pooled[bank], "bank.text": texts[bank]}
    for number, member in enumerate(members):
        for name, tensor in member.state.items():
            tensors[f"members.{number}.{name}"] = tensor
    config = {
        "members": settings.members,
        "hidden": settings.hidden,
        "width": settings.width,
        "temperature": settings.temperature,
        "seed": settings.seed,
        **calibrated,
        "reference_pairs": len(texts),
    }
    write_losses(FOLDER / "log.tsv", members)
    save_scorer(FOLDER, tensors, config)
    return (
        f"{FOLDER}: {settings.members} members on {len(texts):,} reference pairs; "
        f"ROC AUC on held-out concepts {calibrated['held_out_auc']:.3f}"
    )
