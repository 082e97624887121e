"""What is told of a trained scorer: its calibration, and its losses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.models.backbones.lit_training import Member
from bettersynth.settings.scorer import ScorerSettings


def calibration(
    settings: ScorerSettings, matched: np.ndarray, shuffled: np.ndarray
) -> dict[str, float | int]:
    """Return slope and offset that put the medians of held-out scores where the settings say.

    `matched` and `shuffled` are float64 `[pairs]`. How well they are told apart is returned too.

    Raises:
        UserError: matched pairs score no higher than shuffled ones.
    """
    middle = float(np.median(matched))
    low = float(np.median(shuffled))
    if not middle > low:
        raise UserError(
            "the scorer learned nothing: held-out matched pairs score no higher than shuffled "
            "ones; it needs more reference pairs"
        )
    # medians: a few odd pairs do not move the scale
    slope = (settings.matched - settings.shuffled) / (middle - low)
    truth = np.concatenate([np.ones(len(matched)), np.zeros(len(shuffled))])
    auc = float(roc_auc_score(truth, np.concatenate([matched, shuffled])))
    return {
        "slope": slope,
        "offset": settings.matched - slope * middle,
        "held_out_pairs": len(matched),
        "held_out_auc": round(auc, 4),
    }


def write_losses(path: Path, members: Sequence[Member]) -> None:
    """Write the loss by member and update as a tab-separated table."""
    lines = ["member\tupdate\tloss\n"]
    for number, member in enumerate(members):
        for update, loss in member.losses:
            lines.append(f"{number}\t{update}\t{loss:.5f}\n")
    with complete_or_absent(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
