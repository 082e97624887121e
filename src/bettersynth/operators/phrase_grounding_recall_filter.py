"""Keep samples whose noun phrases an OwlViT finds in their pictures."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import BadSample, Batch, image_chunks
from bettersynth.measuring.models.image_classifiers import load_transformers
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images
from bettersynth.measuring.text.noun_phrases import hash_of_tagger, noun_phrases
from bettersynth.models.weights.identity import hash_of_model
from bettersynth.operators.image_text_matching_filter import REDUCE

VERSION = 1
READS = ("text", "images")
STATS = ("phrase_grounding_recall",)
CACHED = True

BATCH = 16  # pictures in one forward pass

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(frozen=True)
class Measuring:
    """`compat: data_juicer` gives the pictures after a chunk without phrases to the wrong chunks, as Data-Juicer does."""

    hf_owlvit: str = "google/owlvit-base-patch32"
    trust_remote_code: bool = False
    horizontal_flip: bool = False
    vertical_flip: bool = False
    reduce_mode: Literal["avg", "max", "min"] = "avg"
    iou_thr: float = 0.5
    large_area_ratio_thr: float = 0.95
    conf_thr: float = 0.0
    spacy_model: str = ""
    compat: Literal["", "data_juicer"] = ""


@dataclass(frozen=True)
class Deciding(ImageEnds):
    min_recall: float = 0.1
    max_recall: float = 1.0


def model_hash(settings: Measuring) -> str:
    return f"{hash_of_model(settings.hf_owlvit)} {hash_of_tagger(settings.spacy_model)}"


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `phrase_grounding_recall` in [0, 1]: phrases found / phrases, for each chunk with an image token; 1 without phrases.

    Raises:
        BadSample: a chunk has image tokens but no picture is left for them.
    """
    chunks = [
        found if names else []
        for found, names in zip(image_chunks(batch), batch.images, strict=True)
    ]
    bad = [k for k, found in enumerate(chunks) if any(not names for _, names in found)]
    if bad:
        raise BadSample(bad, "more image tokens than pictures")
    chunks = [_with_compat(found, settings) for found in chunks]
    phrases = {
        text: noun_phrases(text, settings.spacy_model) for found in chunks for text, _ in found
    }
    pairs = list(
        dict.fromkeys(
            (name, text)
            for found in chunks
            for text, names in found
            if phrases[text]
            for name in names
        )
    )
    flips = Flips(settings.horizontal_flip, settings.vertical_flip)
    recall: dict[tuple[str, str], float] = {}
    for start in range(0, len(pairs), BATCH):
        part = pairs[start : start + BATCH]
        pictures = [flips.apply(batch.pictures.picture(name)) for name, _ in part]
        found_boxes = _detect(settings, pictures, [phrases[text] for _, text in part])
        for pair, picture, found in zip(part, pictures, found_boxes, strict=True):
            recall[pair] = _recall(
                len(phrases[pair[1]]), *found, picture.width * picture.height, settings
            )
    reduce = REDUCE[settings.reduce_mode]
    values = [
        [
            float(reduce([recall[name, text] for name in names])) if phrases[text] else 1.0
            for text, names in found
        ]
        for found in chunks
    ]
    return {"phrase_grounding_recall": values}


def _with_compat(
    chunks: list[tuple[str, list[str]]], settings: Measuring
) -> list[tuple[str, list[str]]]:
    """Return the chunks; for Data-Juicer, pictures of a chunk without phrases go to the next one (its offset stands still)."""
    if settings.compat != "data_juicer":
        return chunks
    names = [name for _, part in chunks for name in part]
    found, offset = [], 0
    for text, part in chunks:
        found.append((text, names[offset : offset + len(part)]))
        offset += len(part) if noun_phrases(text, settings.spacy_model) else 0
    return found


def _recall(
    phrases: int,
    scores: np.ndarray,
    labels: np.ndarray,
    boxes: np.ndarray,
    area: float,
    settings: Measuring,
) -> float:
    """Return the share of `phrases` that have a box among the best `phrases` boxes."""
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > settings.conf_thr][:phrases]
    return (
        len(hits([(int(labels[k]), tuple(boxes[k].tolist())) for k in order], area, settings))
        / phrases
    )


def hits(candidates: Sequence[tuple[int, Box]], area: float, settings: Measuring) -> dict[int, Box]:
    """Return the box of each phrase that is found; `candidates` are (phrase, box), best first, `area` that of the picture in pixels.

    A box is passed over if its phrase has one already, if it covers almost the whole picture, or if it overlaps another phrase's box.
    """
    found: dict[int, Box] = {}
    for phrase, box in candidates:
        if (
            phrase in found
            or (box[2] - box[0]) * (box[3] - box[1]) / area > settings.large_area_ratio_thr
        ):
            continue
        if all(overlap(box, other) <= settings.iou_thr for other in found.values()):
            found[phrase] = box
    return found


def overlap(a: Box, b: Box) -> float:
    """Return the intersection over the union of two boxes, 0 if both are empty."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union else 0.0


@functools.lru_cache(maxsize=1)
def _load(name: str, trust_remote_code: bool) -> tuple[Any, Any]:
    return load_transformers("OwlViTForObjectDetection", name, trust_remote_code)


def _detect(
    settings: Measuring, pictures: Sequence[Image.Image], phrases: Sequence[Sequence[str]]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return, for each picture and its phrases, scores `[boxes]` in [0, 1], the phrase of each box `[boxes]`, boxes `[boxes, 4]` in pixels."""
    import torch

    model, processor = _load(settings.hf_owlvit, settings.trust_remote_code)
    most = max(map(len, phrases))
    texts = [
        [*found, *[" "] * (most - len(found))] for found in phrases
    ]  # a batch needs as many phrases for each; the blanks are cut off below
    length = model.config.text_config.max_position_embeddings
    settings_of_text = {"padding": "max_length", "truncation": True, "max_length": length}
    inputs = processor(
        text=texts, images=list(pictures), return_tensors="pt", **settings_of_text
    ).to(model.device)
    with torch.inference_mode():
        outputs = model(**inputs)
    centres = outputs.pred_boxes.float().cpu().numpy()  # [pictures, boxes, 4]: middle, then size
    found = []
    for logits, box, picture, names in zip(outputs.logits, centres, pictures, phrases, strict=True):
        best = logits[:, : len(names)].max(dim=-1)
        corners = np.concatenate([box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2], axis=1)
        scale = np.array([picture.width, picture.height] * 2, dtype=np.float32)
        found.append(
            (
                best.values.sigmoid().float().cpu().numpy(),
                best.indices.cpu().numpy(),
                corners * scale,
            )
        )
    return found


def keep(values: Values, settings: Deciding) -> np.ndarray:
    return keep_images(
        values["phrase_grounding_recall"], settings.min_recall, settings.max_recall, settings
    )
