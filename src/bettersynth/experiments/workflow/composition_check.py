"""What `dvc exp run -S` composes is checked before its first stage, or before it is queued: a wrong
name or value is one line, as `bettersynth compose` tells it.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.project import project_root
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import told
from bettersynth.experiments.workflow.settings_check import require_valid_settings

Compose = Callable[..., Any]


@functools.cache
def check_compositions() -> None:
    """Let Hydra in this process, which is DVC's, check what it composes from now on."""
    from hydra._internal.hydra import Hydra

    # `hydra.compose`, which DVC has at hand already, calls it; Hydra's callbacks see no error
    Hydra.compose_config = checked(Hydra.compose_config)


def checked(compose_config: Compose) -> Compose:
    """Return Hydra's function, so that a mistake ends it in a `DvcException` of one line."""

    def compose_checked(
        hydra: Any, config_name: str, overrides: Sequence[str], *arguments: Any, **named: Any
    ) -> Any:
        from dvc.exceptions import DvcException
        from hydra.core.global_hydra import GlobalHydra
        from hydra.errors import HydraException
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        try:
            # where dvc.yaml and conf/ are
            with contextlib.chdir(project_root()):
                try:
                    config = compose_config(hydra, config_name, overrides, *arguments, **named)
                    sections = [name for name in config if name != "hydra"]
                    own = OmegaConf.masked_copy(config, sections)
                    params = OmegaConf.to_container(own, resolve=True)
                except (HydraException, OmegaConfBaseException, ValueError) as error:
                    # the nearest names are those of another composition, and there is one at a time
                    GlobalHydra.instance().clear()
                    raise told(error, overrides, Path("conf")) from None
                require_valid_settings(params)
        except UserError as error:
            raise DvcException(str(error)) from None
        return config

    return compose_checked
