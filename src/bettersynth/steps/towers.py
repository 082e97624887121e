"""The frozen vision towers, `models/towers/`.

Run alone: `python -m bettersynth.steps.towers`. Nano's are made of a package's ImageNet weights,
others are folders that are checked.
"""

from __future__ import annotations

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.towers_making import make_nano_towers, note_ready_towers
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.towers import TowersSettings


def main() -> None:
    """Run the stage `towers` on params.yaml.

    Raises:
        UserError: one tower is named and the other is not.
    """
    section = load_params().get("towers")
    settings = read_settings(TowersSettings, section, "params.yaml: towers")
    if settings.vision_tower and settings.vision_tower_aux:
        print(note_ready_towers(settings.vision_tower, settings.vision_tower_aux))
    elif settings.vision_tower or settings.vision_tower_aux:
        raise UserError(
            "params.yaml: towers needs both vision_tower and vision_tower_aux, "
            "or neither (nano's own towers)"
        )
    else:
        print(make_nano_towers(settings.weights_sha256))


if __name__ == "__main__":
    run_step(main)
