"""Which stages Snakemake would run here, and why it does not begin: what damage.py asks."""

from __future__ import annotations

from bettersynth.experiments.workflow.dvc_stages import checked_stages


def main() -> None:
    """Print the stages that are out of date."""
    for stage in checked_stages():
        if stage.stale:
            print(f"{stage.name} is made again")
