"""`dvc exp run` puts right what a killed one left, before it keeps an experiment beside it."""

from __future__ import annotations

import contextlib

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class KilledExperiments(SearchPathPlugin):
    """Hydra asks each of these for folders before it composes."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Put right what killed experiments left, where DVC composes; adds no folder.

        Raises:
            DvcException: what the `UserError` of `begin_experiment` says, as DVC prints its own.
        """
        # DVC may have been installed apart from this project
        with contextlib.suppress(ImportError):
            import psutil
            from dvc.exceptions import DvcException

            from bettersynth.errors import UserError
            from bettersynth.experiments.workflow.killed_experiments import begin_experiment
            from bettersynth.experiments.workflow.planned_run import is_dvc

            # not `bettersynth compose` and Snakemake, which compose conf/ too
            if not is_dvc(psutil.Process()):
                return
            try:
                begin_experiment()
            except UserError as error:
                raise DvcException(str(error)) from None
