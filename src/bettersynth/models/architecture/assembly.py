"""A model put together from its parts: a language model's folder, towers or their features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from bettersynth.data.tables.feature_store import FEATURES
from bettersynth.errors import UserError, require_present
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.image_bounds import add_image_bounds
from bettersynth.models.architecture.image_pipeline import Aspect, ImagePipeline
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.architecture.upstream_names import (
    HEAD,
    PREFIXES,
    STAGE_ONE,
    TOWERS,
    upstream_name,
)
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.weights.reading import load_into, read_weights
from bettersynth.settings.model import ModelSettings


def build_model(
    settings: ModelSettings, attention: str, init_seed: int
) -> tuple[MiniGemini, PreTrainedTokenizerBase]:
    """Return the model and the tokenizer.

    The model has the language model's weights, the towers if any, and mining and projector freshly
    drawn from `init_seed`. `attention` is a name that transformers knows.

    Raises:
        UserError: a folder is missing or does not fit.
    """
    for name in ("language_model", "vision_tower", "vision_tower_aux"):
        folder = getattr(settings, name)
        if folder is not None:
            require_present(folder, f"model.{name}")
    tower, tower_aux = _towers(settings)
    config = _configuration(settings, tower, tower_aux)
    # the decoder's first weights are drawn too and overwritten below: the draws of mining and
    # projector come after them, so that this order decides the bytes
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(init_seed)
        model = MiniGemini(config, tower, tower_aux, attention)
    load_language_model(model, settings.language_model)
    tokenizer = load_tokenizer(settings.language_model, settings.tokenizer_model_max_length)
    if settings.mm_use_im_start_end:
        add_image_bounds(model, tokenizer, settings.language_model)
    require_fitting_tokenizer(tokenizer, model.config.vocab_size, settings.language_model)
    return model, tokenizer


def _towers(settings: ModelSettings) -> tuple[VisionTower | None, VisionTowerAux | None]:
    if settings.vision_tower is None or settings.vision_tower_aux is None:
        return None, None
    tower = VisionTower.from_folder(settings.vision_tower, settings.mm_vision_select_layer)
    tower_aux = VisionTowerAux.from_folder(settings.vision_tower_aux, settings.drop_path)
    return tower, tower_aux


def _configuration(
    settings: ModelSettings, tower: VisionTower | None, tower_aux: VisionTowerAux | None
) -> MiniGeminiConfig:
    if tower is not None and tower_aux is not None:
        low_width = tower.config.hidden_size
        high_width = sum(tower_aux.widths)
    else:
        low_width, high_width = feature_widths(FEATURES)
    return MiniGeminiConfig.from_folder(
        settings.language_model,
        mm_hidden_size=low_width,
        mm_hidden_size_aux=high_width,
        mm_projector_type=settings.mm_projector_type,
        mm_projector_width=settings.mm_projector_width,
        mm_vision_tower=settings.vision_tower,
        mm_vision_tower_aux=settings.vision_tower_aux,
        mm_vision_select_layer=settings.mm_vision_select_layer,
        # cached features have no pixels; a file that says otherwise would be wrong
        image_size_aux=settings.image_size_aux if settings.vision_tower else None,
        image_grid=settings.image_grid,
        image_global=settings.image_global,
        # also where the decoder's folder is a model that has them: they are added when it is loaded
        mm_use_im_start_end=False,
        tokenizer_model_max_length=settings.tokenizer_model_max_length,
    )


def feature_widths(folder: Path) -> tuple[int, int]:
    """Return the widths of the cached low- and high-resolution features.

    Raises:
        UserError: there are none.
    """
    widths = []
    for name in ("low_res", "high_res"):
        path = folder / f"{name}.npy"
        if not path.exists():
            raise UserError(
                f"{path} does not exist; run `snakemake --cores all {folder}`, or name the two "
                "tower folders in params.yaml: model"
            )
        # mapped, not read: the arrays may be gigabytes, the shape stands in the header
        widths.append(int(np.load(path, mmap_mode="r").shape[-1]))
    return widths[0], widths[1]


def load_language_model(model: MiniGemini, folder: str | Path) -> None:
    """Fill the decoder alone from a plain language model's folder.

    An upstream folder serves too: its image side is passed over.

    Raises:
        UserError: tensors are missing or of another shape.
    """
    image_side: tuple[str, ...] = ()
    for here, upstream in PREFIXES:
        if not here.startswith("language_model."):
            image_side += (upstream,)
    weights = {}
    for name, value in read_weights(folder).items():
        # older checkpoints hold the rotary frequencies, which are computed anew
        if not name.startswith(image_side) and not name.endswith("rotary_emb.inv_freq"):
            weights[f"language_model.{name}"] = value
    optional = tuple(name for name in model.state_dict() if name.startswith(STAGE_ONE + TOWERS))
    if model.config.tie_word_embeddings:
        # some files hold the tied head once more; the embeddings decide
        optional += (HEAD,)
        weights.pop(HEAD, None)
    load_into(model, weights, str(folder), optional, upstream_name)
    model.language_model.tie_weights()


def require_fitting_tokenizer(
    tokenizer: PreTrainedTokenizerBase, vocabulary: int, folder: str
) -> None:
    """Check that the model of `folder` has an embedding for each token.

    Raises:
        UserError: it has fewer.
    """
    if len(tokenizer) > vocabulary:
        raise UserError(
            f"the tokenizer of {folder} has {len(tokenizer)} tokens, its model only {vocabulary}"
        )


def pixel_pipeline(model: MiniGemini, aspect: Aspect) -> ImagePipeline:
    """Return the processing that the model's towers need.

    Raises:
        UserError: it has none.
    """
    config = model.architecture
    if model.vision_tower is None or config.image_size_aux is None:
        raise UserError("this model has no towers, or its config.json lacks image_size_aux")
    return ImagePipeline(
        model.vision_tower.config.image_size,
        config.image_size_aux,
        config.image_grid,
        config.image_global,
        aspect,
    )
