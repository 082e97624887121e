"""The user's own pairs: Data-Juicer jsonl or LLaVA json, images relative to a folder.

Every mistake names its file and line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.data.pictures.images import image_name
from bettersynth.data.samples.llava import LLAVA_TOKEN, pictures_of, turns_of
from bettersynth.data.samples.text_form import (
    EOC_TOKEN,
    IMAGE_TOKEN,
    caption_of_text,
    invalid_unicode,
    text_of_caption,
)
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.data.tables.rejects import Refused
from bettersynth.errors import UserError

SOURCE = "jsonl"


def read_pairs(
    file: Path, folder: Path, max_samples: int | None = None
) -> tuple[list[Pair], list[Refused]]:
    """Return the pairs of a file, and those that are set aside (no caption, no image), in order.

    Images lie under `folder`.

    Raises:
        UserError: a broken line, an image outside the folder, the same id twice, a wrong number of
            image tokens.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder} is no folder; set source.images to the folder that the image paths are "
            "relative to"
        )
    if not file.is_file():
        raise UserError(
            f"{file} is no file; set source.file to a Data-Juicer jsonl or a LLaVA json file"
        )
    pairs: list[Pair] = []
    refused: list[Refused] = []
    # where each id was given
    places: dict[str, str] = {}
    for count, (place, row) in enumerate(json_rows(file, one_list=True)):
        if max_samples is not None and count >= max_samples:
            break
        if not isinstance(row, dict):
            raise UserError(
                f"{place}: must be an object with text and images, not {str(row)[:40]!r}"
            )
        is_llava = row.get("conversations") is not None
        text, images = _llava(row, place) if is_llava else _data_juicer(row, place)
        id = f"row-{count + 1:08d}" if row.get("id") is None else str(row["id"])
        if id in places:
            before = places[id].removeprefix(f"{file} ")
            raise UserError(
                f"{place}: the id {id!r} was given before, on {before}; ids must be unique"
            )
        places[id] = place
        if broken := _broken_field(id, text, images):
            # the tables are UTF-8 files too
            readable = id.encode(errors="replace").decode()
            refused.append(Refused(readable, (), f"{broken} is no valid Unicode"))
            continue
        pair = _pair(id, text, images, folder, place)
        reason = _why_unusable(pair)
        if reason:
            refused.append(Refused(id, pair.image_names, reason))
        else:
            pairs.append(pair)
    if not places:
        raise UserError(f"{file} holds no pairs")
    return pairs, refused


def _pair(id: str, text: str, images: list[Any], folder: Path, place: str) -> Pair:
    """Return the pair of a row, usable or not."""
    pictures = []
    for nth, image in enumerate(images):
        name = image_name(image, nth, folder, place)
        pictures.append(Picture(name, "photo", path=folder / name))
    return Pair(id, text, tuple(pictures), "pool", SOURCE, SOURCE)


def _why_unusable(pair: Pair) -> str:
    """Return why a pair is set aside, "" if it is not."""
    if not pair.pictures:
        return "no image"
    if not caption_of_text(pair.text):
        return "empty caption"
    return ""


def _broken_field(id: str, text: str, images: list[Any]) -> str:
    """Return which field holds half of a surrogate pair, "" where none does."""
    if invalid_unicode(id):
        return "id"
    if invalid_unicode(text):
        return "caption"
    if any(invalid_unicode(str(image)) for image in images):
        return "image path"
    return ""


def _data_juicer(row: dict[str, Any], place: str) -> tuple[str, list[Any]]:
    """Return text and image paths of a Data-Juicer row.

    A text without image tokens is taken as the caption of its one image.
    """
    text = row.get("text")
    if "text" in row and text is None:
        # set aside as a pair without a caption; a row without the field is a mistake
        text = ""
    images = pictures_of(row) if row.get("images") is None else row["images"]
    if not isinstance(text, str):
        raise UserError(f"{place}: text must be a string, not {text!r}")
    if not isinstance(images, list):
        raise UserError(f"{place}: images must be a list of paths, not {images!r}")
    # LLaVA's token in Data-Juicer's form: both are in use
    text = text.replace(LLAVA_TOKEN, IMAGE_TOKEN)
    tokens = text.count(IMAGE_TOKEN)
    if tokens == 0 and len(images) == 1:
        return text_of_caption(caption_of_text(text)), images
    if tokens != len(images):
        raise UserError(
            f"{place}: text has {tokens} image tokens ({IMAGE_TOKEN}) "
            f"but images lists {len(images)}"
        )
    return text if EOC_TOKEN in text else f"{text} {EOC_TOKEN}", images


def _llava(row: dict[str, Any], place: str) -> tuple[str, list[Any]]:
    """Return text and images of a LLaVA row: the answer to its one question is the caption."""
    turns = turns_of(row, place)
    if [turn["from"] for turn in turns] != ["human", "gpt"]:
        raise UserError(
            f"{place}: conversations must be one human question and one gpt answer (a caption), "
            f"not {len(turns)} turns"
        )
    if LLAVA_TOKEN in turns[1]["value"]:
        raise UserError(
            f"{place}: the answer holds the image token {LLAVA_TOKEN}; only the question may"
        )
    return text_of_caption(turns[1]["value"].strip()), pictures_of(row)
