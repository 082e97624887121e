"""`dvc exp run` composes `conf/` before its first stage: from then on it writes dvc.lock whole,
believes no cached file unread, parses no text twice and copies no history.
"""

from __future__ import annotations

import contextlib
import sys

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class WholeRecords(SearchPathPlugin):
    """Hydra asks each of these for folders before it composes."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Change in DVC what the top of this file says, where DVC composes; adds no folder."""
        # Hydra alone writes no dvc.lock
        if "dvc.repo" not in sys.modules:
            return
        # DVC may have been installed apart from this project
        with contextlib.suppress(ImportError):
            from bettersynth.experiments.workflow import (
                parsed_once,
                temporary_trees,
                whole_records,
            )

            whole_records.write_records_whole()
            whole_records.believe_no_cached_file()
            parsed_once.parse_each_text_once()
            temporary_trees.begin_trees_at_once()
