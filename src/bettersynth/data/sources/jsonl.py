"""The user's own samples: Data-Juicer jsonl, LLaVA json or parquet, images relative to a folder.

Every mistake names its file and line.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from bettersynth.data.files.compressed import ending
from bettersynth.data.files.jsonl_rows import MAYBE_LISTS
from bettersynth.data.pictures.images import image_name
from bettersynth.data.samples.llava import (
    LLAVA_TOKEN,
    nothing_to_learn,
    pictures_of,
    require_a_token_a_picture,
    trained_turns,
    turns_of,
)
from bettersynth.data.samples.sample_rows import STATS_FIELD
from bettersynth.data.samples.text_form import (
    EOC_TOKEN,
    IMAGE_TOKEN,
    caption_of_text,
    invalid_unicode,
    text_of_caption,
)
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.data.sources.source_rows import PICTURES, require_source_file, source_rows
from bettersynth.data.tables.rejects import Refused
from bettersynth.errors import UserError
from bettersynth.settings.one_source import OneSource, SampleType

SOURCE = "jsonl"
# the value that Data-Juicer's image_text_similarity_filter writes
SIMILARITY = "image_text_similarity"
# a source alone: pairs of picture and caption for stage 1
ALONE = OneSource(source="jsonl")


@dataclasses.dataclass(frozen=True)
class Content:
    """What a row says: text in Data-Juicer's form, picture paths, turns (JSON) of a conversation.

    `fault` says why the row is set aside, "" if it is not.
    """

    text: str
    images: list[Any]
    conversations: str = ""
    fault: str = ""


def read_pairs(
    file: Path,
    folder: Path,
    max_samples: int | None = None,
    name: str = "",
    one: OneSource = ALONE,
) -> tuple[list[Pair], list[Refused]]:
    """Return the samples of a file, and those that are set aside (no caption, no image), in order.

    Images lie under `folder`. Of several sources `name` is this one's: its pictures are called
    `NAME/PATH` in the pool, so that two folders may hold the same names.

    Raises:
        UserError: a broken line, an image outside the folder, the same id twice, a wrong number of
            image tokens.
    """
    _require_files(file, folder, name, one)
    content_of = _caption if one.type == "caption" else _conversation
    pairs: list[Pair] = []
    refused: list[Refused] = []
    # where each id was given
    places: dict[str, str] = {}
    first: dict[str, Any] | None = None
    shows_pictures = False
    for count, (place, row) in enumerate(source_rows(file, one.type)):
        if max_samples is not None and count >= max_samples:
            break
        if not isinstance(row, dict):
            raise UserError(
                f"{place}: must be an object with text and images, not {str(row)[:40]!r}"
            )
        first = row if first is None else first
        shows_pictures = shows_pictures or any(name in row for name in PICTURES)
        content = content_of(row, place, one.type)
        id = _id_of(row, name, count)
        _note_new(id, place, places, file)
        if broken := _broken_field(id, content):
            # the tables are UTF-8 files too
            readable = id.encode(errors="replace").decode()
            refused.append(Refused(readable, (), f"{broken} is no valid Unicode", name))
            continue
        pictures = _pictures(content.images, folder, place, name)
        pair = Pair(
            id,
            content.text,
            pictures,
            one.split,
            name or SOURCE,
            SOURCE,
            type=one.type,
            conversations=content.conversations,
            judged=one.judged,
            own_similarity=_own_similarity(row, place),
        )
        reason = content.fault or _why_unusable(pair)
        if reason:
            refused.append(Refused(id, pair.image_names, reason, name))
        else:
            pairs.append(pair)
    if first is None:
        raise UserError(f"{file} holds no pairs")
    if one.type == "caption" and not shows_pictures:
        raise UserError(
            f"no row of {file} has the field images, with the paths of pictures; "
            f"the fields of the first are: {', '.join(first)}"
        )
    return pairs, refused


def _require_files(file: Path, folder: Path, name: str, one: OneSource) -> None:
    """Raise UserError where there is no file, or no folder for a source with pictures."""
    section = f"source.sources.{name}" if name else "source"
    if one.type != "text" and not folder.is_dir():
        raise UserError(
            f"{folder} is no folder; set {section}.images to the folder that the image paths are "
            "relative to"
        )
    if not file.is_file() and not file.is_dir():
        raise UserError(
            f"{file} is no file; set {section}.file to a Data-Juicer jsonl or a LLaVA json file"
        )


def _note_new(id: str, place: str, places: dict[str, str], file: Path) -> None:
    """Note in `places` where an id was given. Raises UserError if that is the second time."""
    if id in places:
        before = places[id].removeprefix(f"{file} ")
        raise UserError(f"{place}: the id {id!r} was given before, on {before}; ids must be unique")
    places[id] = place


def require_first_row(file: Path, type: SampleType) -> None:
    """Pass if a file that is too large to be read at once can be a source by its first row.

    Raises:
        UserError: as `source_rows`, or the first row lacks text or conversations.
    """
    require_source_file(file, type)
    # of a parquet file the columns were looked at; a list of JSON is read as a whole or not at all
    if ending(file) in (".parquet", *MAYBE_LISTS):
        return
    for place, row in source_rows(file, type):
        if isinstance(row, dict):
            (_caption if type == "caption" else _conversation)(row, place, type)
        return


def _id_of(row: dict[str, Any], name: str, count: int) -> str:
    """Return the id of a row, or one of its place; of several sources that holds the `name`."""
    if row.get("id") is not None:
        return str(row["id"])
    return f"{name}-row-{count + 1:08d}".removeprefix("-")


def _own_similarity(row: dict[str, Any], place: str) -> float | None:
    """Return the mean similarity of a row that Data-Juicer measured, None where it was not.

    Raises:
        UserError: it is neither a finite number nor a list of such.
    """
    stats = row.get(STATS_FIELD)
    value = stats.get(SIMILARITY) if isinstance(stats, dict) else None
    values = value if isinstance(value, list) else [value]
    if value is None or not values:
        return None
    for one in values:
        # JSON's true is a number to Python
        if isinstance(one, bool) or not isinstance(one, int | float) or not math.isfinite(one):
            raise UserError(
                f"{place}: {STATS_FIELD}.{SIMILARITY} must be a number a picture, not {value!r}"
            )
    return sum(values) / len(values)


def _pictures(images: list[Any], folder: Path, place: str, name: str) -> tuple[Picture, ...]:
    pictures = []
    for nth, image in enumerate(images):
        path = image_name(image, nth, folder, place)
        stored = f"{name}/{path}" if name else path
        pictures.append(Picture(stored, "photo", path=folder / path))
    return tuple(pictures)


def _why_unusable(pair: Pair) -> str:
    """Return why a pair is set aside, "" if it is not."""
    if pair.type == "caption" and not pair.pictures:
        return "no image"
    if pair.type == "caption" and not caption_of_text(pair.text):
        return "empty caption"
    return ""


def _broken_field(id: str, content: Content) -> str:
    """Return which field holds half of a surrogate pair, "" where none does."""
    if invalid_unicode(id):
        return "id"
    if invalid_unicode(content.text):
        return "caption"
    if any(invalid_unicode(str(image)) for image in content.images):
        return "image path"
    return ""


def _caption(row: dict[str, Any], place: str, type: str) -> Content:
    """Return what a pair of picture and caption says."""
    is_llava = row.get("conversations") is not None
    return Content(*(_llava(row, place) if is_llava else _data_juicer(row, place)))


def _conversation(row: dict[str, Any], place: str, type: str) -> Content:
    """Return what a conversation says; its text is that of all turns.

    Raises:
        UserError: no turns that training takes, or pictures in a conversation of type text.
    """
    if row.get("conversations") is None:
        raise UserError(f"{place}: a sample of type {type} needs conversations, as LLaVA json has")
    turns = trained_turns(turns_of(row, place), place)
    images = pictures_of(row)
    if images and type == "text":
        raise UserError(f"{place}: has an image, but its source is of type text")
    require_a_token_a_picture(turns, len(images), place)
    words = [turn["value"].replace(LLAVA_TOKEN, "").strip() for turn in turns]
    text = f"{IMAGE_TOKEN}\n" * len(images) + "\n".join(words) + f" {EOC_TOKEN}"
    # escaped, so that half a surrogate pair in a role's name cannot spoil the table
    return Content(text, images, json.dumps(turns), nothing_to_learn(turns))


def _data_juicer(row: dict[str, Any], place: str) -> tuple[str, list[Any]]:
    """Return text and image paths of a Data-Juicer row.

    A text without image tokens is taken as the caption of its one image.
    """
    if "text" not in row:
        raise UserError(
            f"{place}: has no field text (with images) and none conversations; "
            f"its fields: {', '.join(row)}"
        )
    # null is set aside as a pair without a caption; a row without the field is a mistake
    text = "" if row["text"] is None else row["text"]
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
