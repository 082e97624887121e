"""Reading model weights from safetensors or pickled tensors, and filling modules with them.

Pickles of anything but tensors are refused: they could run code.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from bettersynth.data.files.reading import read_object
from bettersynth.errors import UserError

# in the order of preference: safetensors before pickles
SINGLE_FILES = (
    "model.safetensors",
    "weights.safetensors",
    "open_clip_model.safetensors",
    "pytorch_model.bin",
    "open_clip_pytorch_model.bin",
)
INDEX_FILES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


def read_weights(place: str | Path) -> dict[str, Tensor]:
    """Return the tensors by name of a weights file, or of a folder (one file, or shards and index).

    Raises:
        UserError: nothing there, truncated, or a pickle that holds more than tensors.
    """
    place = Path(place)
    if place.is_file():
        return _read_file(place)
    for name in INDEX_FILES:
        if (place / name).exists():
            return _read_shards(place, name)
    for name in SINGLE_FILES:
        if (place / name).exists():
            return _read_file(place / name)
    raise UserError(f"{place} holds no weights; looked for {', '.join(SINGLE_FILES + INDEX_FILES)}")


def _read_shards(folder: Path, index: str) -> dict[str, Tensor]:
    shards = set(read_object(folder / index, has={"weight_map": dict})["weight_map"].values())
    weights = {}
    for shard in sorted(shards):
        weights.update(_read_file(folder / shard))
    return weights


def _read_file(path: Path) -> dict[str, Tensor]:
    if not path.exists():
        raise UserError(f"{path} does not exist, but the index beside it names it")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # weights_only: a pickle may run any code
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        raise UserError(
            f"{path} is not a complete safetensors file ({error}); fetch or make it again"
        ) from None
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0][:150]
        raise UserError(f"{path} is truncated or holds more than tensors ({reason})") from None
    if isinstance(weights, dict) and isinstance(weights.get("state_dict"), dict):
        # beside an optimiser's state
        weights = weights["state_dict"]
    if not isinstance(weights, dict) or not all(map(_is_tensor, weights.values())):
        raise UserError(f"{path} is not a state dict of tensors")
    return weights


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor)


def load_into(
    module: nn.Module,
    weights: dict[str, Tensor],
    where: str,
    optional: tuple[str, ...] = (),
    shown: Callable[[str], str] = str,
) -> None:
    """Copy `weights` into `module`, names and shapes exact.

    Only names in `optional` may be missing. Errors give `shown(name)`.

    Raises:
        UserError: the first missing, unknown or differently shaped tensor, with the count of such.
    """
    own = module.state_dict()
    missing = [name for name in own if name not in weights and name not in optional]
    unknown = [name for name in weights if name not in own]
    for problem, names in (("lacks", missing), ("has unknown", unknown)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise UserError(f"{where} {problem} tensor {shown(names[0])}{more}")
    for name, value in weights.items():
        needed = own[name].shape
        if value.shape != needed:
            raise UserError(
                f"{where}: {shown(name)} has shape {list(value.shape)}, this model needs "
                f"{list(needed)}"
            )
    # a module without memory takes the tensors themselves
    is_meta = any(parameter.is_meta for parameter in module.parameters())
    module.load_state_dict(weights, strict=False, assign=is_meta)
