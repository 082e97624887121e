"""`bettersynth convert`: LLaVA json to Data-Juicer jsonl and back.

Every row is converted back and compared. Ids keep their type, further fields go along, white
space stays but around the image token of other tools' captions. A row of captions alone comes back
by `only_captions`; otherwise it comes back as question and answer. Source: the form of the text is
that of Data-Juicer's own converters (`[[human]]: question`, newline, `[[gpt]]: answer`, end of
chunk).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.jsonl_rows import dump_json, json_objects
from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.row_files.row_file import require_row_file, require_utf8
from bettersynth.data.samples.llava import LLAVA_TOKEN, Turn, turns_of
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN
from bettersynth.errors import UserError

ROLE = re.compile(r"\[\[([a-zA-Z]+)\]\]: ")
END = f" {EOC_TOKEN}"
# Field of caption-only rows that holds the human turn where it is more than the image
QUESTION = "question"
# of a value that would not come back
SHOWN_CHARACTERS = 80


def convert(
    source: Path, target: Path, only_captions: bool = False, images: Path | None = None
) -> None:
    """Convert `source` into `target`; .json is LLaVA's, .jsonl Data-Juicer's.

    `only_captions` keeps the answers alone as text (the question goes into the field `question`).
    `images` is the folder that LLaVA's picture paths are relative to; Data-Juicer's are relative
    to the jsonl. Without it paths stay as they are.

    Raises:
        UserError: other endings, no regular file of UTF-8, no row, a row that is none of its kind,
            or one that would not come back the same.
    """
    if (source.suffix, target.suffix) not in ((".json", ".jsonl"), (".jsonl", ".json")):
        raise UserError(
            "convert takes LLaVA .json to Data-Juicer .jsonl, or .jsonl to .json, "
            f"not {source} to {target}"
        )
    require_row_file(source, str(source))
    require_utf8(source)
    refuse_overwriting({"TARGET": target}, [source])
    to_llava = target.suffix == ".json"
    folder = (source if to_llava else target).parent
    rows = captions = 0
    with complete_or_absent(target) as temporary, open(temporary, "wb") as stream:
        for made, is_caption in _converted(source, to_llava, only_captions):
            captions += is_caption
            if images is not None:
                made = _moved(made, folder, images)
            if to_llava:
                stream.write(b",\n" if rows else b"[\n")
            stream.write(dump_json(made) + (b"" if to_llava else b"\n"))
            rows += 1
        if not rows:
            raise UserError(f"{source} holds no rows")
        if to_llava:
            stream.write(b"\n]\n")
    print(f"{rows:,} rows in {target}")
    if to_llava and captions:
        print(
            f"{captions:,} of them were captions alone, as which --only-captions brings them back: "
            f"bettersynth convert {target} BACK.jsonl --only-captions"
        )


def _converted(
    source: Path, to_llava: bool, only_captions: bool
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield each row of `source` in its new form, after it has come back the same.

    Beside it, whether it is a caption alone in Data-Juicer's form.
    """
    bar = tqdm(json_objects(source), desc=source.name, unit="row", mininterval=1, disable=None)
    for place, row in bar:
        if to_llava:
            made = llava_of(row, place)
            is_caption = _is_caption(row)
            back = data_juicer_of(made, place, is_caption)
        else:
            made = data_juicer_of(row, place, only_captions)
            is_caption = only_captions
            back = llava_of(made, place)
        if _plain(back) != _plain(row):
            raise UserError(f"{place}: would not come back the same: {_difference(row, back)}")
        yield made, is_caption


def data_juicer_of(row: dict[str, Any], place: str, only_captions: bool = False) -> dict[str, Any]:
    """Return the Data-Juicer row of a LLaVA entry.

    Raises:
        UserError: turns that do not pair up, or no image token at either end of the first
            question.
    """
    turns = _paired_turns(row, place)
    image = row.get("image")
    if image is not None and not (isinstance(image, str) and image):
        raise UserError(f"{place}: image must be one path, not {image!r}")
    first = turns[0]["value"]
    if image is not None and not (first.startswith(LLAVA_TOKEN) or first.endswith(LLAVA_TOKEN)):
        raise UserError(f"{place}: the first question must begin or end with {LLAVA_TOKEN}")
    if any(IMAGE_TOKEN in turn["value"] for turn in turns):
        raise UserError(f"{place}: {IMAGE_TOKEN} in a turn would not come back the same")
    tokens = sum(turn["value"].count(LLAVA_TOKEN) for turn in turns)
    if image is None and tokens:
        raise UserError(f"{place}: {tokens} {LLAVA_TOKEN} in the text without an image")
    rest = {key: value for key, value in row.items() if key not in ("conversations", "image")}
    if only_captions:
        text = _caption_of(turns, image is not None, place)
        bare = LLAVA_TOKEN if image is not None else ""
        if first != bare:
            rest[QUESTION] = first
    else:
        text = "\n".join(f"[[{turn['from']}]]: {turn['value']}" for turn in turns)
    pictures = [image] * text.count(LLAVA_TOKEN) if image is not None else []
    made = {"text": text.replace(LLAVA_TOKEN, IMAGE_TOKEN) + END, "images": pictures}
    return {**_head(rest), **made, **rest}


def _paired_turns(row: dict[str, Any], place: str) -> list[Turn]:
    """Return the turns of an entry if the text form can hold them all."""
    turns = turns_of(row, place) if row.get("conversations") else []
    if not turns or len(turns) % 2:
        raise UserError(f"{place}: conversations must be pairs of a human and a gpt turn")
    for turn in turns:
        # a further field has no place in the text
        if set(turn) != {"from", "value"}:
            raise UserError(f'{place}: each turn must be {{"from": ..., "value": "..."}}')
    return turns


def _caption_of(turns: list[Turn], with_image: bool, place: str) -> str:
    if [turn["from"] for turn in turns] != ["human", "gpt"]:
        raise UserError(
            f"{place}: only one question and one answer make a caption, not {len(turns)} turns"
        )
    answer = turns[1]["value"]
    if LLAVA_TOKEN in answer:
        raise UserError(f"{place}: the answer holds {LLAVA_TOKEN}; only the question may")
    return f"{LLAVA_TOKEN}\n{answer}" if with_image else answer


def llava_of(row: dict[str, Any], place: str) -> dict[str, Any]:
    """Return the LLaVA entry of a Data-Juicer row.

    A text without `[[role]]: ` is the caption that answers its question.

    Raises:
        UserError: no text, no list of pictures, several different ones or another number of image
            tokens, turns that do not pair up.
    """
    text = row.get("text")
    images = _pictures_of(row, place)
    if not isinstance(text, str):
        raise UserError(f"{place}: text must be a string, not {text!r}")
    if len(set(images)) > 1:
        raise UserError(f"{place}: LLaVA takes one picture a sample, not {len(set(images))}")
    text = text.removesuffix(END).replace(IMAGE_TOKEN, LLAVA_TOKEN)
    tokens = text.count(LLAVA_TOKEN)
    if tokens != len(images):
        raise UserError(
            f"{place}: {tokens} image tokens ({IMAGE_TOKEN}) in the text for {len(images)} images"
        )
    if _is_caption(row):
        question = row.get(QUESTION, LLAVA_TOKEN if images else "")
        turns = [
            {"from": "human", "value": question},
            {"from": "gpt", "value": _answer_of(text, bool(images))},
        ]
    else:
        turns = _turns_of_text(text, place)
    rest = {key: value for key, value in row.items() if key not in ("text", "images", QUESTION)}
    shown = {"image": images[0]} if images else {}
    return {**_head(rest), **shown, "conversations": turns, **rest}


def _pictures_of(row: dict[str, Any], place: str) -> list[str]:
    """Return the pictures of a Data-Juicer row, none where `images` is missing or null."""
    images = row.get("images")
    if images is None:
        return []
    if isinstance(images, list):
        if all(isinstance(image, str) and image for image in images):
            return images
    raise UserError(f"{place}: images must be a list of paths, not {images!r}")


def _answer_of(text: str, with_image: bool) -> str:
    """Return the caption of a caption-only text; other tools put the image token elsewhere."""
    if not with_image:
        return text
    answer = text.removeprefix(f"{LLAVA_TOKEN}\n")
    return answer if answer != text else text.replace(LLAVA_TOKEN, "").strip()


def _turns_of_text(text: str, place: str) -> list[Turn]:
    """Return the turns that `[[role]]: ` marks in a text."""
    # role, value, role, value, ...
    parts = ROLE.split(text)[1:]
    if len(parts) % 4:
        raise UserError(f"{place}: the turns of the text must be pairs of [[human]]: and [[gpt]]:")
    turns: list[Turn] = []
    for role, value in zip(parts[::2], parts[1::2], strict=True):
        turns.append({"from": role, "value": value})
    for turn in turns[:-1]:
        turn["value"] = turn["value"].removesuffix("\n")
    return turns


def _head(rest: dict[str, Any]) -> dict[str, Any]:
    """Take the id out of further fields, so that it stands first."""
    return {"id": rest.pop("id")} if "id" in rest else {}


def _is_caption(row: dict[str, Any]) -> bool:
    return not ROLE.match(str(row.get("text", "")))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row for comparison, without what other tools write otherwise.

    That is null or an empty list in the place of no picture, a missing end of chunk, another place
    of the image token.
    """
    plain = dict(row)
    for key in ("image", "images"):
        if not plain.get(key):
            plain.pop(key, None)
    if not isinstance(plain.get("text"), str):
        return plain
    text = plain["text"].removesuffix(END).replace(LLAVA_TOKEN, IMAGE_TOKEN)
    in_place = text.startswith(f"{IMAGE_TOKEN}\n")
    if _is_caption(plain) and text.count(IMAGE_TOKEN) == 1 and not in_place:
        text = f"{IMAGE_TOKEN}\n{text.replace(IMAGE_TOKEN, '').strip()}"
    return {**plain, "text": text}


def _difference(row: dict[str, Any], back: dict[str, Any]) -> str:
    """Return the first field that would not come back, with its value."""
    for key in {**row, **back}:
        if row.get(key) != back.get(key) or (key in row) != (key in back):
            return f"{key} {json.dumps(row.get(key), ensure_ascii=False)[:SHOWN_CHARACTERS]}"
    return "fields"


def _moved(row: dict[str, Any], folder: Path, images: Path) -> dict[str, Any]:
    """Return a row whose picture paths are right where it will lie.

    LLaVA's are relative to `images`, Data-Juicer's to the `folder` of its file.
    """
    moved = dict(row)
    if "image" in row:
        moved["image"] = Path(os.path.relpath(folder / row["image"], images)).as_posix()
    if "images" in row:
        names = [os.path.relpath(images / name, folder) for name in row["images"]]
        moved["images"] = [Path(name).as_posix() for name in names]
    return moved
