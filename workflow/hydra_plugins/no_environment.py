"""What Hydra loads before it composes `conf/`, also for `dvc exp run` (.dvc/config names the
folder): no setting takes its value from the environment.

`${oc.env:KEY}` would write a key of the user's into params.yaml, which git and DVC keep.
"""

from __future__ import annotations

from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf
from omegaconf.errors import InterpolationResolutionError

READS_ENVIRONMENT = ("oc.env", "env")


def refuse(name: str, *_: Any) -> None:
    """Refuse a variable of the environment.

    Raises:
        InterpolationResolutionError: always.
    """
    raise InterpolationResolutionError(
        f"a setting may not be taken from the environment ({name}): params.yaml is recorded, and "
        "with it what may be secret; give the value itself"
    )


class NoEnvironment(SearchPathPlugin):
    """Hydra asks each of these for folders before it composes: the moment to replace resolvers."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Replace the resolvers that read the environment by a refusal; adds no folder."""
        for name in READS_ENVIRONMENT:
            OmegaConf.register_new_resolver(name, refuse, replace=True)
