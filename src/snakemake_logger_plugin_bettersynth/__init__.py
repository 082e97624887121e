"""Where Snakemake looks for its logger plugin `bettersynth`: packages of this prefix."""

from bettersynth.experiments.console.snakemake_words import LogHandler

__all__ = ["LogHandler"]
