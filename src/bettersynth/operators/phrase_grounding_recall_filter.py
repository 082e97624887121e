"""Keep samples whose noun phrases an OwlViT finds in their pictures."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.models.image_classifiers import load_transformers
from bettersynth.measuring.pictures.picture_chunks import (
    REDUCE,
    Chunk,
    distinct_pairs,
    picture_chunks,
)
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, keep_images
from bettersynth.measuring.text.noun_phrases import hash_of_tagger, noun_phrases
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("text", "images")
STATS = ("phrase_grounding_recall",)
CACHED = True

# pictures in one forward pass
BATCH = 16

# left, top, right, bottom in pixels
Box = tuple[float, float, float, float]
# of one picture: scores in [0, 1] [boxes], phrase of each box [boxes], boxes in pixels [boxes, 4]
Detected = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Measuring:
    """Which model looks, and when a box counts (areas and overlaps as shares of 1).

    `compat: data_juicer` gives the pictures after a chunk without phrases to the wrong chunks.
    """

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
    """The range that is kept: `min_recall` to `max_recall`."""

    min_recall: float = 0.1
    max_recall: float = 1.0


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return f"{hash_of_model(settings.hf_owlvit)} {hash_of_tagger(settings.spacy_model)}"


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `phrase_grounding_recall` in [0, 1]: phrases found / phrases.

    One value for each chunk with an image token, 1 for a chunk without phrases; a sample without
    pictures has none.

    Raises:
        BadSample: a chunk has image tokens but no picture is left for them.
    """
    chunks = [_with_compat(sample, settings) for sample in picture_chunks(batch)]
    phrases: dict[str, list[str]] = {}
    for sample in chunks:
        for words, _ in sample:
            if words not in phrases:
                # once a text: the tagger costs more than all the rest but the model
                phrases[words] = noun_phrases(words, settings.spacy_model)
    pairs = [pair for pair in distinct_pairs(chunks) if phrases[pair[1]]]
    recall = recalls(batch, pairs, phrases, settings)
    reduce = REDUCE[settings.reduce_mode]
    values = []
    for sample in chunks:
        of_sample = []
        for words, names in sample:
            of_pictures = [recall[name, words] for name in names if phrases[words]]
            # without a phrase there is nothing to miss
            of_sample.append(float(reduce(of_pictures)) if phrases[words] else 1.0)
        values.append(of_sample)
    return {"phrase_grounding_recall": values}


def _with_compat(chunks: list[Chunk], settings: Measuring) -> list[Chunk]:
    """Return the chunks of a sample, with the pictures that Data-Juicer gives them by `compat`.

    Its offset stands still at a chunk without phrases, whose pictures so go to the next one.
    """
    if settings.compat != "data_juicer":
        return chunks
    all_names: list[str] = []
    for _, names in chunks:
        all_names += names
    shifted: list[Chunk] = []
    offset = 0
    for words, names in chunks:
        shifted.append((words, all_names[offset : offset + len(names)]))
        if noun_phrases(words, settings.spacy_model):
            offset += len(names)
    return shifted


def recalls(
    batch: Batch,
    pairs: Sequence[tuple[str, str]],
    phrases: dict[str, list[str]],
    settings: Measuring,
) -> dict[tuple[str, str], float]:
    """Return the share of the words' phrases that are found, for each (image name, words)."""
    flips = Flips(settings.horizontal_flip, settings.vertical_flip)
    recall: dict[tuple[str, str], float] = {}
    for start in range(0, len(pairs), BATCH):
        chosen = pairs[start : start + BATCH]
        pictures = [flips.apply(batch.pictures.picture(name)) for name, _ in chosen]
        own_phrases = [phrases[words] for _, words in chosen]
        detected = detect(settings, pictures, own_phrases)
        for place, pair in enumerate(chosen):
            area = pictures[place].width * pictures[place].height
            number = len(own_phrases[place])
            best = best_boxes(detected[place], number, settings.conf_thr)
            recall[pair] = len(hits(best, area, settings)) / number
    return recall


def best_boxes(detected: Detected, number: int, smallest: float) -> list[tuple[int, Box]]:
    """Return (phrase, box) of the best `number` boxes whose score is above `smallest`."""
    scores, labels, boxes = detected
    # stable: of equal scores the first box, so that runs agree
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > smallest][:number]
    return [(int(labels[place]), tuple(boxes[place].tolist())) for place in order]


def hits(candidates: Sequence[tuple[int, Box]], area: float, settings: Measuring) -> dict[int, Box]:
    """Return the box of each phrase that is found.

    `candidates` are (phrase, box), best first; `area` is that of the picture in pixels. A box is
    passed over if its phrase has one already, if it covers almost the whole picture, or if it
    overlaps another phrase's box.
    """
    box_of: dict[int, Box] = {}
    for phrase, box in candidates:
        left, top, right, bottom = box
        covers_all = (right - left) * (bottom - top) / area > settings.large_area_ratio_thr
        if phrase in box_of or covers_all:
            continue
        if all(overlap(box, other) <= settings.iou_thr for other in box_of.values()):
            box_of[phrase] = box
    return box_of


def overlap(first: Box, second: Box) -> float:
    """Return the intersection over the union of two boxes, 0 if both are empty."""
    # below 0 where the boxes lie apart
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    first_area = (first[2] - first[0]) * (first[3] - first[1])
    second_area = (second[2] - second[0]) * (second[3] - second[1])
    union = first_area + second_area - shared
    return shared / union if union else 0.0


@functools.lru_cache(maxsize=1)
def load_detector(name: str, trust_remote_code: bool) -> tuple[Any, Any]:
    """Return (model, processor) of an OwlViT."""
    return load_transformers("OwlViTForObjectDetection", name, trust_remote_code)


def detect(
    settings: Measuring, pictures: Sequence[Image.Image], phrases: Sequence[Sequence[str]]
) -> list[Detected]:
    """Return every box that the detector sees in each picture, with the best of its phrases."""
    import torch

    model, processor = load_detector(settings.hf_owlvit, settings.trust_remote_code)
    # a batch needs as many phrases for each picture; the blanks are cut off below
    most = max(map(len, phrases))
    texts = []
    for of_picture in phrases:
        filling = [" "] * (most - len(of_picture))
        texts.append([*of_picture, *filling])
    inputs = processor(
        text=texts,
        images=list(pictures),
        return_tensors="pt",
        padding="max_length",
        truncation=True,
        max_length=model.config.text_config.max_position_embeddings,
    ).to(model.device)
    with torch.inference_mode():
        outputs = model(**inputs)
    relative = outputs.pred_boxes.float().cpu().numpy()  # [pictures, boxes, 4]: middle, then size
    detected = []
    for place, picture in enumerate(pictures):
        logits = outputs.logits[place]  # [boxes, phrases]
        best = logits[:, : len(phrases[place])].max(dim=-1)
        middle = relative[place][:, :2]
        half = relative[place][:, 2:] / 2
        # left, top, right, bottom, as shares of the sides
        corners = np.concatenate([middle - half, middle + half], axis=1)
        scale = np.array([picture.width, picture.height] * 2, dtype=np.float32)
        scores = best.values.sigmoid().float().cpu().numpy()
        detected.append((scores, best.indices.cpu().numpy(), corners * scale))
    return detected


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose values, any or all, are in the range."""
    return keep_images(
        values["phrase_grounding_recall"], settings.min_recall, settings.max_recall, settings
    )
