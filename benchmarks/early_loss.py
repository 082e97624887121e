"""Do bad starts end badly? The correlation between a start's early loss and its final loss, over
the starts of one stage-1 run.

    bettersynth compose pretrain.restarts=12 pretrain.restart_steps=282     (the whole run's steps)
    PYTHONPATH=src python -m bettersynth.steps.pretrain 0
    # about 35 s a start on one core; killed, it goes on
    PYTHONPATH=src python benchmarks/early_loss.py models/pretrain/0/starts.tsv

All starts see the same rows in the same order; only the projector's first weights differ. A loss is
the mean over 20 steps.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

MEAN_STEPS = 20


def losses(path: Path) -> np.ndarray:
    """Return the curves, float `[starts, steps]`."""
    table = pd.read_csv(path, sep="\t")
    return table.pivot(index="restart", columns="step", values="loss").to_numpy()


def interval(values: np.ndarray, final: np.ndarray, draws: int = 10_000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the correlation, resampling starts.

    `values` and `final` are float `[starts]`.
    """
    rng = np.random.default_rng(0)
    chosen = rng.integers(len(final), size=(draws, len(final)))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = [np.corrcoef(values[rows], final[rows])[0, 1] for rows in chosen]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def main() -> None:
    """Print how early and final losses of starts go together."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("curves", type=Path)
    parser.add_argument("--steps", type=int, nargs="+", default=[20, 40, 60, 80, 120, 160, 200])
    arguments = parser.parse_args()
    curves = losses(arguments.curves)
    final = curves[:, -MEAN_STEPS:].mean(1)
    best = int(final.argmin())
    print(
        f"{len(final)} starts, final loss {final.mean():.4f} (sd {final.std(ddof=1):.4f}, "
        f"from {final.min():.4f} to {final.max():.4f})"
    )
    print(
        "early steps | sd between starts | Pearson (95 %) | Spearman | rank of the early "
        "winner at the end | what it gains over a mean start"
    )
    for step in (s for s in arguments.steps if MEAN_STEPS <= s < curves.shape[1]):
        early = curves[:, step - MEAN_STEPS : step].mean(1)
        low, high = interval(early, final)
        winner = int(early.argmin())
        rank = int((final < final[winner]).sum()) + 1
        print(
            f"{step - MEAN_STEPS + 1}-{step} | {early.std(ddof=1):.4f} | "
            f"{np.corrcoef(early, final)[0, 1]:.2f} ({low:.2f} to {high:.2f}) | "
            f"{stats.spearmanr(early, final).statistic:.2f} | {rank} of "
            f"{len(final)}{' (the best)' if winner == best else ''} | "
            f"{final.mean() - final[winner]:+.4f}"
        )


if __name__ == "__main__":
    main()
