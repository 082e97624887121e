"""Which file stage 1 leaves: it alone tells a folder of stage 1 from one of a whole model."""

from __future__ import annotations

from pathlib import Path

STAGE_ONE_FILE = "projector.safetensors"
# upstream's name of it
UPSTREAMS_STAGE_ONE_FILE = "mm_projector.bin"


def stage_one_weights(folder: Path) -> Path | None:
    """Return the file that stage 1 left in `folder`; None where a whole model lies there."""
    if any(folder.glob("model*.safetensors")) or any(folder.glob("pytorch_model*.bin")):
        return None
    for name in (STAGE_ONE_FILE, UPSTREAMS_STAGE_ONE_FILE):
        if (folder / name).is_file():
            return folder / name
    return None
