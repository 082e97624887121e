"""Reading model weights from safetensors or pickled tensors (never other pickled objects), and filling modules with clear errors."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError

SINGLE_FILES = (
    "model.safetensors",
    "weights.safetensors",
    "open_clip_model.safetensors",
    "pytorch_model.bin",
    "open_clip_pytorch_model.bin",
)
INDEX_FILES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


def read_weights(place: str | Path) -> dict[str, Tensor]:
    """Return the tensors of a weights file, or of a folder (one file or shards with an index).

    Raises:
        UserError: nothing there, truncated, or a pickle that holds more than tensors.
    """
    place = Path(place)
    if place.is_file():
        return _read_file(place)
    for name in INDEX_FILES:
        if (place / name).exists():
            shards = sorted(set(read_json(place / name).get("weight_map", {}).values()))
            return {
                key: value for shard in shards for key, value in _read_file(place / shard).items()
            }
    for name in SINGLE_FILES:
        if (place / name).exists():
            return _read_file(place / name)
    raise UserError(f"{place} holds no weights; looked for {', '.join(SINGLE_FILES + INDEX_FILES)}")


def _read_file(path: Path) -> dict[str, Tensor]:
    if not path.exists():
        raise UserError(f"{path} does not exist, but the index beside it names it")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        raise UserError(
            f"{path} is not a complete safetensors file ({error}); fetch or make it again"
        ) from None
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(
            f"{path} is truncated or holds more than tensors ({str(error).splitlines()[0][:150]})"
        ) from None
    if isinstance(weights, dict) and isinstance(weights.get("state_dict"), dict):
        weights = weights["state_dict"]
    if not isinstance(weights, dict) or not all(
        isinstance(value, Tensor) for value in weights.values()
    ):
        raise UserError(f"{path} is not a state dict of tensors")
    return weights


def load_into(
    module: nn.Module,
    weights: dict[str, Tensor],
    where: str,
    optional: tuple[str, ...] = (),
    shown: Callable[[str], str] = str,
) -> None:
    """Copy `weights` into `module`, names and shapes exact; only names in `optional` may be missing. Errors give `shown(name)`.

    Raises:
        UserError: the first missing, unknown or differently shaped tensor, with the count of such.
    """
    own = module.state_dict()
    for problem, names in (
        ("lacks", [n for n in own if n not in weights and n not in optional]),
        ("has unknown", [n for n in weights if n not in own]),
    ):
        if names:
            raise UserError(
                f"{where} {problem} tensor {shown(names[0])}"
                + (f" and {len(names) - 1} more" if len(names) > 1 else "")
            )
    for name, value in weights.items():
        if value.shape != own[name].shape:
            raise UserError(
                f"{where}: {shown(name)} has shape {list(value.shape)}, this model needs {list(own[name].shape)}"
            )
    module.load_state_dict(
        weights, strict=False, assign=any(p.is_meta for p in module.parameters())
    )
