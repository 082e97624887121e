"""`dvc exp run` checks every setting before its first stage, as `bettersynth compose` does."""

from __future__ import annotations

import contextlib

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class SettingsCheck(SearchPathPlugin):
    """Hydra asks each of these for folders before it composes."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Check all compositions of an experiment before DVC starts it; adds no folder."""
        # DVC may have been installed apart from this project
        with contextlib.suppress(ImportError):
            import psutil

            from bettersynth.experiments.workflow.composition_check import check_compositions
            from bettersynth.experiments.workflow.planned_run import is_dvc

            # `bettersynth compose` and Snakemake check what they compose themselves
            if is_dvc(psutil.Process()):
                check_compositions()
