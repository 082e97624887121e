"""Lets timm and open_clip import torchvision beside a CPU-only torch.

The registry's torchvision wheel is built against CUDA. Beside a CPU-only torch its compiled library
does not load, and `import torchvision` stops with `operator torchvision::nms does not exist`,
because it attaches shape rules to operators that nobody declared. Nothing here needs these
operators; it is enough that their schemas exist.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import torch

MISSING_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@functools.cache
def declare_missing_schemas() -> torch.library.Library | None:
    """Declare the operators that torchvision expects; call before importing timm or transformers.

    Returns the library that holds the declarations (they last as long as it does), or None where
    nothing was missing: no torchvision is installed, or its compiled library loads.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return None
    for compiled in sorted(Path(spec.origin).parent.glob("_C*")):
        try:
            torch.ops.load_library(str(compiled))
            return None
        except OSError:
            continue
    library = torch.library.Library("torchvision", "DEF")
    for schema in MISSING_SCHEMAS:
        library.define(schema)
    return library
