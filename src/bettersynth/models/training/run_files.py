"""What a training run reads and leaves: the key of its checkpoints, its curve, its manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import remembered_sha256, sha256_of_file
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.tables.feature_store import FEATURES, INDEX
from bettersynth.errors import require_present
from bettersynth.models.devices.processes import process_count
from bettersynth.models.weights.stage_one_file import STAGE_ONE_FILE
from bettersynth.settings.model import ModelSettings

WEIGHT_SUFFIXES = (".safetensors", ".bin", ".model")
# other files beside the weights (a licence, a model card) change no number
DECIDING_FILES = ("config.json", "tokenizer.json")
# a folder a seed, of stage 1
PRETRAINED = Path("models/pretrain")


def run_key(files: Sequence[Path], settings: Mapping[str, Any], module: str) -> str:
    """Return 16 hex digits that name a run, so that it goes on from no other run's checkpoints.

    They stand for the bytes of the files that it reads, its settings, how many processes share it,
    and the code that `module` consists of: the whole training, not its comments.
    """
    # another number of processes sums gradients in another order
    decided_by = [settings, str(process_count()), code_digest(module)]
    as_text = json.dumps(decided_by, sort_keys=True, default=str)
    digest = hashlib.sha256(as_text.encode())
    for path in files:
        digest.update(f"{path.name}:{remembered_sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def image_side_files(settings: ModelSettings) -> list[Path]:
    """Return the file that tells cached features, or the towers in their place, from others."""
    return [FEATURES / ("towers.json" if settings.vision_tower else INDEX)]


def model_files(folder: str | Path) -> list[Path]:
    """Return the files of a model's folder that decide its numbers, sorted."""
    require_present(folder, "model.language_model")
    deciding = []
    for path in sorted(Path(folder).iterdir()):
        if path.suffix in WEIGHT_SUFFIXES or path.name in DECIDING_FILES:
            deciding.append(path)
    return deciding


def stage_one_file(seed: int) -> Path:
    """Return where stage 1 leaves the projector and mining of a seed."""
    return PRETRAINED / str(seed) / STAGE_ONE_FILE


def write_curve(path: str | Path, records: Sequence[Mapping[str, float]]) -> None:
    """Write a loss curve as tab-separated values."""
    columns = list(records[0]) if records else ["step", "loss", "lr"]
    lines = ["\t".join(columns)]
    for record in records:
        values = [f"{record[column]:.8g}" for column in columns]
        lines.append("\t".join(values))
    with complete_or_absent(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_manifest(folder: str | Path, about: Mapping[str, Any]) -> None:
    """Write `manifest.json`: the sha256 of every file of `folder`, and what it came from."""
    folder = Path(folder)
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "manifest.json" and not path.name.startswith("."):
            files[path.relative_to(folder).as_posix()] = sha256_of_file(path)
    write_json(folder / "manifest.json", {**about, "files": files})
