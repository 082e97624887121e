"""Keep samples whose noun phrases an OwlViT finds in their pictures."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from bettersynth.operators.batch import BadSample, Batch, image_chunks
from bettersynth.operators.image_classifiers import load_transformers
from bettersynth.operators.image_text_matching_filter import REDUCE
from bettersynth.operators.image_text_scorers import Flips
from bettersynth.operators.model_files import hash_of_model
from bettersynth.operators.noun_phrases import hash_of_tagger, noun_phrases
from bettersynth.operators.protocols import Values
from bettersynth.operators.ranges import ImageEnds, keep_images

VERSION = 1
READS = ("text", "images")
STATS = ("phrase_grounding_recall",)
CACHED = True

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
    chunks = [found if names else [] for found, names in zip(image_chunks(batch), batch.images, strict=True)]
    bad = [k for k, found in enumerate(chunks) if any(not names for _, names in found)]
    if bad:
        raise BadSample(bad, "more image tokens than pictures")
    known: dict[tuple[str, tuple[str, ...]], float] = {}
    values = []
    for found in chunks:
        recalls = []
        for text, names in _with_compat(found, settings):
            key = (text, tuple(names))
            if key not in known:
                known[key] = _recall(batch, text, names, settings)
            recalls.append(known[key])
        values.append(recalls)
    return {"phrase_grounding_recall": values}


def _with_compat(chunks: list[tuple[str, list[str]]], settings: Measuring) -> list[tuple[str, list[str]]]:
    """Return the chunks; for Data-Juicer, pictures of a chunk without phrases go to the next one (its offset stands still)."""
    if settings.compat != "data_juicer":
        return chunks
    names = [name for _, part in chunks for name in part]
    found, offset = [], 0
    for text, part in chunks:
        found.append((text, names[offset : offset + len(part)]))
        offset += len(part) if noun_phrases(text, settings.spacy_model) else 0
    return found


def _recall(batch: Batch, text: str, names: Sequence[str], settings: Measuring) -> float:
    phrases = noun_phrases(text, settings.spacy_model)
    if not phrases:
        return 1.0
    flips = Flips(settings.horizontal_flip, settings.vertical_flip)
    pictures = [flips.apply(batch.pictures.picture(name)) for name in names]
    recalls = []
    for picture, (scores, labels, boxes) in zip(pictures, _detect(settings, pictures, phrases), strict=True):
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] > settings.conf_thr][: len(phrases)]
        recalls.append(
            len(hits([(int(labels[k]), tuple(boxes[k].tolist())) for k in order], picture.width * picture.height, settings)) / len(phrases)
        )
    return float(REDUCE[settings.reduce_mode](recalls))


def hits(candidates: Sequence[tuple[int, Box]], area: float, settings: Measuring) -> dict[int, Box]:
    """Return the box of each phrase that is found; `candidates` are (phrase, box), best first, `area` that of the picture in pixels.

    A box is passed over if its phrase has one already, if it covers almost the whole picture, or if it overlaps another phrase's box.
    """
    found: dict[int, Box] = {}
    for phrase, box in candidates:
        if phrase in found or (box[2] - box[0]) * (box[3] - box[1]) / area > settings.large_area_ratio_thr:
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
    settings: Measuring, pictures: Sequence[Image.Image], phrases: Sequence[str]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return, for each picture, scores `[boxes]` in [0, 1], the phrase of each box `[boxes]`, and boxes `[boxes, 4]` in pixels."""
    import torch

    model, processor = _load(settings.hf_owlvit, settings.trust_remote_code)
    texts = [list(phrases)] * len(pictures)
    inputs = processor(text=texts, images=list(pictures), return_tensors="pt", padding=True, truncation=True).to(model.device)
    with torch.inference_mode():
        outputs = model(**inputs)
    best = outputs.logits.max(dim=-1)
    middle, size = outputs.pred_boxes.float().cpu().numpy().reshape(len(pictures), -1, 2, 2).transpose(2, 0, 1, 3)
    corners = np.concatenate([middle - size / 2, middle + size / 2], axis=-1)
    scale = np.array([[p.width, p.height, p.width, p.height] for p in pictures], dtype=np.float32)[:, None]
    return list(zip(best.values.sigmoid().float().cpu().numpy(), best.indices.cpu().numpy(), corners * scale, strict=True))


def keep(values: Values, settings: Deciding) -> np.ndarray:
    return keep_images(values["phrase_grounding_recall"], settings.min_recall, settings.max_recall, settings)
