"""DeepSpeed's ZeRO: the configuration as the Trainer takes it, and whole parameters again after it.

What the process needs before (folders, ranks) is `training.environment`'s.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from torch import nn

from bettersynth.errors import UserError
from bettersynth.models.devices.processes import is_main_process
from bettersynth.settings.training import zero_stage


def require_deepspeed(path: str) -> None:
    """Check the configuration at `path` and that the package is installed.

    Raises:
        UserError: the file is not there or is no JSON, or the package is missing.
    """
    zero_stage(path)
    if importlib.util.find_spec("deepspeed") is None:
        raise UserError(
            "deepspeed is set, but the package is not installed; pip install deepspeed, or set it "
            "to null"
        )


def read_deepspeed(path: str | None) -> dict[str, Any] | None:
    """Return the configuration, None for none.

    Gradients are clipped as `max_grad_norm` says ("auto" stands for that): accelerate would clip
    them at 1 where the file is silent.

    Raises:
        UserError: as `require_deepspeed`.
    """
    if path is None:
        return None
    require_deepspeed(path)
    written = json.loads(Path(path).read_text())
    return {"gradient_clipping": "auto", **written}


def gather_partitioned(model: nn.Module) -> None:
    """After ZeRO-3, give the main process whole parameters again, on the CPU.

    Nothing is to do where no parameter is split.
    """
    # ZeRO-3 marks the parameters that it has split
    if not any(hasattr(parameter, "ds_id") for parameter in model.parameters()):
        return
    import deepspeed

    for parameter in model.parameters():
        # a collective call: every process takes part, also those that keep nothing
        with deepspeed.zero.GatheredParameters([parameter]):
            whole = parameter.detach().cpu().clone() if is_main_process() else None
        if whole is not None:
            parameter.data = whole
