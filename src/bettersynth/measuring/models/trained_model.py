"""What a trained model of this project, or of the challenge's, says of image-text pairs."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bettersynth.data.files.reading import read_json
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.models.embedding_rows import distinct_rows
from bettersynth.models.backbones.nano_features import NANO_TOWERS
from bettersynth.models.weights.identity import hash_of_model
from bettersynth.models.weights.stage_one_file import stage_one_weights
from bettersynth.settings.training import Precision, Template

# torch comes with them: settings are checked without
if TYPE_CHECKING:
    from torch import Tensor

    from bettersynth.models.answering.caption_loss import CaptionLoss
    from bettersynth.models.architecture.image_pipeline import Aspect

# upstream's names of the two towers in a model's config.json
TOWER_SETTINGS = ("mm_vision_tower", "mm_vision_tower_aux")


class TrainedModel(NamedTuple):
    """Which model is asked, and in which words."""

    folder: str
    language_model: str
    template: Template
    question: str
    precision: Precision

    @property
    def towers(self) -> list[str]:
        """The folders of the towers that it was trained with; none where it has nano's features."""
        config = Path(self.folder, "config.json")
        named = read_json(config) if config.is_file() else {}
        return [named[setting] for setting in TOWER_SETTINGS if named.get(setting)]

    def hash(self) -> str:
        """Return what changes when a file does that a loss depends on."""
        folders = [self.folder, self.language_model, *(self.towers or [NANO_TOWERS])]
        return "".join(map(hash_of_model, filter(None, folders)))

    def require_complete(self) -> None:
        """Pass if there is such a model, and its decoder is named where it holds none.

        Raises:
            UserError: what is missing.
        """
        if not self.folder:
            raise UserError(
                "model_loss_filter needs `model`: a trained folder, such as a copy of "
                "models/finetune/0 of a finished experiment"
            )
        folder = Path(self.folder)
        if not (folder / "config.json").is_file():
            raise UserError(f"{folder} holds no trained model: there is no config.json")
        if stage_one_weights(folder) and not self.language_model:
            raise UserError(
                f"{folder} is of stage 1, which holds no decoder: model_loss_filter needs the one "
                "that it was trained with as `language_model`, such as models/nano-decoder"
            )


class PairLoss(NamedTuple):
    """The losses of one caption, in nats a token."""

    seen: float  # before its picture
    blind: float  # without


def pair_losses(
    images: Images, pairs: Sequence[tuple[str, str]], asked: TrainedModel
) -> list[PairLoss]:
    """Return the losses of each (image name, caption).

    Raises:
        UserError: there is no such model, or its parts do not fit each other.
        UnreadableImage: a picture cannot be used.
    """
    if not pairs:
        return []
    model = _load(asked)
    names = [name for name, _ in pairs]
    captions = [caption for _, caption in pairs]

    def image_tokens(positions: Sequence[int]) -> Tensor:
        return _image_tokens(images, [names[position] for position in positions], model)

    seen = model.losses(captions, image_tokens)
    # a caption of several pictures is read alone once
    distinct, rows = distinct_rows(captions)
    blind = model.losses(distinct)
    return [PairLoss(loss, blind[row]) for loss, row in zip(seen, rows, strict=True)]


@functools.lru_cache(maxsize=1)
def _load(asked: TrainedModel) -> CaptionLoss:
    from bettersynth.models.answering.caption_loss import CaptionLoss, load_trained

    asked.require_complete()
    folder = Path(asked.folder)
    model, tokenizer = load_trained(folder, asked.language_model, asked.precision)
    # as each stage is trained: stage 1 crops pictures, stage 2 pads them
    aspect: Aspect = "square" if stage_one_weights(folder) else "pad"
    return CaptionLoss(model, tokenizer, asked.template, asked.question, aspect)


def _image_tokens(images: Images, names: Sequence[str], asker: CaptionLoss) -> Tensor:
    """Return `[names, tokens, hidden]`; at most ROWS names, filled up to ROWS inside.

    So a picture's tokens are the same bits in any company.
    """
    import numpy as np
    import torch

    from bettersynth.models.answering.caption_loss import ROWS
    from bettersynth.models.architecture.assembly import pixel_pipeline
    from bettersynth.models.backbones.nano_maps import nano_maps

    model = asker.model
    if model.vision_tower is None:
        low, high = nano_maps(images, names)
        # stored as float16; the model casts them to its own precision
        inputs = [torch.from_numpy(maps.astype(np.float32)) for maps in (low, high)]
    else:
        pipeline = pixel_pipeline(model, asker.aspect)
        prepared = [pipeline(images.picture(name)) for name in names]
        inputs = [torch.stack(side) for side in zip(*prepared, strict=True)]
    with torch.inference_mode():
        filled = []
        for tensor in inputs:
            rows = tensor.new_zeros(ROWS, *tensor.shape[1:])
            rows[: len(names)] = tensor
            filled.append(rows.to(model.device))
        if model.vision_tower is not None:
            filled = list(model.tower_features(*filled))
        return model.image_tokens(*filled)[: len(names)]
