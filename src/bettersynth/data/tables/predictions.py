"""Where the raw answers of a trained model lie: one file a benchmark and training seed."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path("results/predictions")


def predictions_path(benchmark: str, seed: int) -> Path:
    """Return the file of the answers of one seed to `benchmark` (`mmbench` or `textvqa`)."""
    return FOLDER / f"{benchmark}-{seed}.jsonl"
