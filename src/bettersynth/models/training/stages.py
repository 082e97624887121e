"""What the steps pretrain, finetune and predict share: settings of the model, its assembly, and what names a run's checkpoints."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.code_digest import code_digest
from bettersynth.data.files.hashing import remembered_sha256, sha256_of_file
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError, require_present
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.image_pipeline import ImagePipeline
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.architecture.upstream_names import (
    PREFIXES,
    STAGE_ONE,
    TOWERS,
    upstream_name,
)
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.training.data import CachedFeatures, ImageSource, Pixels, image_hashes
from bettersynth.models.training.trainer import choose_attention, choose_precision
from bettersynth.models.weights.reading import load_into, read_weights
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.training import TrainingSettings

SAMPLES = Path("data/pool/samples.parquet")
POOL_IMAGES, INSTRUCTION_IMAGES = Path("data/pool/images.zip"), Path("data/instruction/images.zip")
FEATURES = Path("data/features")


def seed_of(seed: int, choice: str) -> int:
    """Return a torch seed that belongs to one named choice of one run."""
    return int(hashlib.sha256(f"{seed}:{choice}".encode()).hexdigest()[:12], 16)


def short_seed(seed: int, choice: str) -> int:
    """Return the same idea in 31 bits, for interfaces that take no more."""
    return zlib.crc32(f"{seed}:{choice}".encode()) & 0x7FFFFFFF


def build_model(
    settings: ModelSettings, training: TrainingSettings, init_seed: int
) -> tuple[MiniGemini, PreTrainedTokenizerBase]:
    """Return the model with the language model's weights, towers if any, and freshly drawn mining and projector; and the tokenizer.

    Raises:
        UserError: a folder is missing or does not fit.
    """
    for name in ("language_model", "vision_tower", "vision_tower_aux"):
        if (folder := getattr(settings, name)) is not None:
            require_present(folder, f"model.{name}")
    towers = _towers(settings)
    if towers[0] is not None and towers[1] is not None:
        low, high = towers[0].config.hidden_size, sum(towers[1].widths)
    else:
        low, high = feature_widths(FEATURES)
    config = MiniGeminiConfig.from_folder(
        settings.language_model,
        mm_hidden_size=low,
        mm_hidden_size_aux=high,
        mm_projector_type=settings.mm_projector_type,
        mm_vision_tower=settings.vision_tower,
        mm_vision_tower_aux=settings.vision_tower_aux,
        image_size_aux=settings.image_size_aux if settings.vision_tower else None,
        image_grid=settings.image_grid,
        image_global=settings.image_global,
        tokenizer_model_max_length=settings.tokenizer_model_max_length,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(init_seed)
        model = MiniGemini(
            config,
            *towers,
            choose_attention(
                training.attn_implementation, choose_precision(training.precision), training.packing
            ),
        )
    load_language_model(model, settings.language_model)
    tokenizer = load_tokenizer(settings.language_model, settings.tokenizer_model_max_length)
    if len(tokenizer) > model.config.vocab_size:
        raise UserError(
            f"the tokenizer of {settings.language_model} has {len(tokenizer)} tokens, its model only {model.config.vocab_size}"
        )
    return model, tokenizer


def _towers(settings: ModelSettings) -> tuple[VisionTower | None, VisionTowerAux | None]:
    if (settings.vision_tower is None) != (settings.vision_tower_aux is None):
        raise UserError(
            "params.yaml: model needs both vision_tower and vision_tower_aux, or neither (cached features)"
        )
    if settings.vision_tower is None or settings.vision_tower_aux is None:
        return None, None
    return VisionTower.from_folder(settings.vision_tower), VisionTowerAux.from_folder(
        settings.vision_tower_aux, settings.drop_path
    )


def feature_widths(folder: Path) -> tuple[int, int]:
    """Return the widths of the cached low- and high-resolution features.

    Raises:
        UserError: there are none.
    """
    import numpy as np

    widths = []
    for name in ("low_res", "high_res"):
        path = folder / f"{name}.npy"
        if not path.exists():
            raise UserError(
                f"{path} does not exist; run `snakemake --cores all {folder}`, or name the two tower folders in params.yaml: model"
            )
        widths.append(int(np.load(path, mmap_mode="r").shape[-1]))
    return widths[0], widths[1]


def load_language_model(model: MiniGemini, folder: str | Path) -> None:
    """Fill the decoder alone from a plain language model's folder, or from an upstream folder (then its image side is passed over).

    Raises:
        UserError: tensors are missing or of another shape.
    """
    sides = tuple(upstream for here, upstream in PREFIXES if not here.startswith("language_model."))
    weights = {
        f"language_model.{name}": value
        for name, value in read_weights(folder).items()
        if not name.startswith(sides)
    }
    weights = {
        name: value for name, value in weights.items() if not name.endswith("rotary_emb.inv_freq")
    }
    optional = tuple(name for name in model.state_dict() if name.startswith(STAGE_ONE + TOWERS))
    if model.config.tie_word_embeddings:
        optional += ("language_model.lm_head.weight",)
        weights.pop("language_model.lm_head.weight", None)
    load_into(model, weights, str(folder), optional, upstream_name)
    model.language_model.tie_weights()


def image_source(
    model: MiniGemini,
    names: Sequence[str],
    aspect: Literal["square", "pad"],
    zips: Sequence[Path] = (POOL_IMAGES, INSTRUCTION_IMAGES),
) -> ImageSource:
    """Return what fetches pictures by name for this model: processed pixels with towers, cached features without."""
    if model.vision_tower is not None:
        return Pixels(
            ImageStore(*[path for path in zips if path.exists()]), pixel_pipeline(model, aspect)
        )
    source = CachedFeatures(FeatureStore(FEATURES), image_hashes(names, SAMPLES, *zips))
    source.store.rows(
        sorted(set(source.sha256.values()))
    )  # a missing picture is an error now, not in the middle of the run
    return source


def pixel_pipeline(model: MiniGemini, aspect: Literal["square", "pad"]) -> ImagePipeline:
    """Return the processing that the model's towers need."""
    a = model.architecture
    if model.vision_tower is None or a.image_size_aux is None:
        raise UserError("this model has no towers, or its config.json lacks image_size_aux")
    return ImagePipeline(
        model.vision_tower.config.image_size, a.image_size_aux, a.image_grid, a.image_global, aspect
    )


def run_key(files: Sequence[Path], settings: Mapping[str, Any], module: str) -> str:
    """Return 16 hex digits that name a run, so that it goes on from no other run's checkpoints.

    They stand for the bytes of the files that it reads, its settings, how many processes share it,
    and the code that `module` consists of: the whole training, not its comments.
    """
    processes = os.environ.get("WORLD_SIZE", "1")
    decided_by = [settings, processes, code_digest(module)]
    digest = hashlib.sha256(json.dumps(decided_by, sort_keys=True, default=str).encode())
    for path in files:
        digest.update(f"{path.name}:{remembered_sha256(path)}\n".encode())
    return digest.hexdigest()[:16]


def image_side_files(settings: ModelSettings) -> list[Path]:
    """Return the file that tells cached features, or the towers that take their place, apart from others."""
    return [FEATURES / ("towers.json" if settings.vision_tower else "index.parquet")]


def model_files(folder: str | Path) -> list[Path]:
    """Return the files of a model's folder that decide its numbers, sorted."""
    require_present(folder, "model.language_model")
    return sorted(
        p
        for p in Path(folder).iterdir()
        if p.suffix in (".safetensors", ".bin", ".model")
        or p.name in ("config.json", "tokenizer.json")
    )


def write_curve(path: str | Path, records: Sequence[Mapping[str, float]]) -> None:
    """Write a loss curve as tab-separated values."""
    columns = list(records[0]) if records else ["step", "loss", "lr"]
    with complete_or_absent(path) as temporary:
        lines = [
            "\t".join(columns),
            *("\t".join(f"{record[c]:.8g}" for c in columns) for record in records),
        ]
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_manifest(folder: str | Path, about: Mapping[str, Any]) -> None:
    """Write `manifest.json`: the sha256 of every file of `folder`, and what it came from."""
    folder = Path(folder)
    files = {
        p.relative_to(folder).as_posix(): sha256_of_file(p)
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != "manifest.json" and not p.name.startswith(".")
    }
    write_json(folder / "manifest.json", {**about, "files": files})


def forget(scratch: Path) -> None:
    """Remove a finished run's checkpoints."""
    shutil.rmtree(scratch, ignore_errors=True)
