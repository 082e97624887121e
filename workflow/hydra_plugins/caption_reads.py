"""What the caption stage reads, by `caption.of`.

DVC must watch the filter's decisions where they say who is captioned, and must not where they do
not, since each moved threshold would caption anew.
"""

from __future__ import annotations

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

ALL = "requirements.txt"  # the captioners' libraries are pinned there
KEPT_OR_DROPPED = "data/filter/decisions.parquet"


def caption_reads(of: str) -> str:
    """Return a path for dvc.yaml; whether `of` is a word that the stage knows is not checked."""
    return ALL if of == "all" else KEPT_OR_DROPPED


class CaptionReads(SearchPathPlugin):
    """Hydra asks each of these for folders before it composes: the moment to add a resolver."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        OmegaConf.register_new_resolver("caption_reads", caption_reads, replace=True)
