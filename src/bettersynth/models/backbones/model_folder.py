"""A folder with a small model: its tensors, its `config.json`, and a manifest over both."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from bettersynth.data.files.hashing import remembered_sha256, sha256_of_file
from bettersynth.data.files.reading import read_object
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.errors import UserError

MANIFEST = "manifest.json"


def save_tensors(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Write `model.safetensors`; its bytes do not depend on the order of `tensors`."""
    ordered = {name: tensor.detach().contiguous() for name, tensor in sorted(tensors.items())}
    with complete_or_absent(folder / "model.safetensors") as temporary:
        save_file(ordered, temporary)


def tensors_under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with `prefix`, by the rest of their names."""
    under = {}
    for name, tensor in tensors.items():
        if name.startswith(prefix):
            under[name.removeprefix(prefix)] = tensor
    return under


def write_manifest(folder: Path) -> None:
    """Write `manifest.json`: the sha256 of every other file of a model folder, sorted by name.

    It goes last; a half-written file, whose name begins with a dot, is none of the model's.
    """
    hashes = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != MANIFEST and not path.name.startswith("."):
            hashes[path.name] = sha256_of_file(path)
    write_json(folder / MANIFEST, hashes)


def require_as_written(folder: Path) -> None:
    """Pass if every file of a model folder is the one that its manifest was written over.

    Raises:
        FileNotFoundError: the manifest or one of its files is not there.
        UserError: a file is another one.
    """
    manifest = folder / MANIFEST
    for name, sha256 in read_object(manifest).items():
        if remembered_sha256(folder / name) != sha256:
            raise UserError(
                f"{folder / name} is not the file that {manifest} was written over: it is damaged "
                f"or changed; delete {folder} and run `snakemake --cores all {folder}`"
            )
