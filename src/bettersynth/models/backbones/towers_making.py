"""Making `models/towers/`: nano's are made of a package's weights, others are noted folders."""

from __future__ import annotations

from pathlib import Path

import torch

from bettersynth.data.files.hashing import hashes_in_folder, sha256_of_file
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError, require_present
from bettersynth.models.backbones.lite0_weights import (
    PACKAGE,
    convert_weights,
    network,
    package_weights,
    save_towers,
)
from bettersynth.models.backbones.model_folder import MANIFEST

FOLDER = Path("models/towers")


def note_ready_towers(vision_tower: str, vision_tower_aux: str) -> str:
    """Write down which towers stand in two folders, with their files' sha256; return a summary.

    Both are loaded once, as the model will load them, so that a fault shows now.

    Raises:
        UserError: a folder is missing, incomplete, or holds another architecture.
    """
    # transformers takes seconds to import, and nano's towers do not need it
    from bettersynth.models.architecture.vision_tower import VisionTower
    from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux

    require_present(vision_tower, "towers.vision_tower")
    require_present(vision_tower_aux, "towers.vision_tower_aux")
    low = VisionTower.from_folder(vision_tower)
    high = VisionTowerAux.from_folder(vision_tower_aux)
    low_facts = {
        "folder": vision_tower,
        "width": low.config.hidden_size,
        "image_size": low.config.image_size,
        "files": hashes_in_folder(vision_tower),
    }
    high_facts = {
        "folder": vision_tower_aux,
        "widths": list(high.widths),
        "files": hashes_in_folder(vision_tower_aux),
    }
    write_json(FOLDER / MANIFEST, {"vision_tower": low_facts, "vision_tower_aux": high_facts})
    return f"{FOLDER}: {vision_tower} and {vision_tower_aux}"


def make_nano_towers(weights_sha256: str | None) -> str:
    """Convert the package's weights, and write nano's towers; return a summary.

    Raises:
        UserError: the weights are not those that the settings name.
    """
    path = package_weights()
    sha256 = sha256_of_file(path)
    if sha256 != weights_sha256:
        raise UserError(
            f"{path.name} has sha256 {sha256}, not {weights_sha256} (towers.weights_sha256); "
            "reinstall its package"
        )
    state = convert_weights(torch.load(path, map_location="cpu", weights_only=True))
    # every name and shape must be timm's
    network().load_state_dict(state)
    save_towers(FOLDER, state, source=f"{PACKAGE}/{path.name} sha256:{sha256}")
    size = sum(tensor.numel() for tensor in state.values())
    return f"{FOLDER}: EfficientNet-Lite0, {size:,} numbers"
