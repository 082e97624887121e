"""`bettersynth convert`: LLaVA json to Data-Juicer jsonl and back, losing nothing: every row is converted back and compared.

Source: the form of the text is that of Data-Juicer's own converters (`[[human]]: question`, newline, `[[gpt]]: answer`, end of chunk).
Ids keep their type, further fields go along, white space stays but around the image token of other tools' captions.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from bettersynth.data.files.jsonl_rows import dump_json, parse_row, read_chunks
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN
from bettersynth.errors import UserError

LLAVA_TOKEN = "<image>"
ROLE = re.compile(r"\[\[([a-zA-Z]+)\]\]: ")
END = f" {EOC_TOKEN}"
QUESTION = "question"  # field of caption-only rows that holds the human turn where it is more than the image


def convert(
    source: Path, target: Path, only_captions: bool = False, images: Path | None = None
) -> None:
    """Convert `source` into `target`, the direction by their endings: .json is LLaVA's, .jsonl Data-Juicer's.

    `only_captions` keeps the answers alone as text (the question goes into the field `question`). `images` is the folder that LLaVA's
    picture paths are relative to; Data-Juicer's are relative to the jsonl. Without it paths stay as they are.

    Raises:
        UserError: other endings, a row that is none of its kind, or one that would not come back the same.
    """
    kinds = (source.suffix, target.suffix)
    if kinds not in ((".json", ".jsonl"), (".jsonl", ".json")):
        raise UserError(
            f"convert takes LLaVA .json to Data-Juicer .jsonl, or .jsonl to .json, not {source} to {target}"
        )
    if not source.is_file():
        raise UserError(f"{source} does not exist")
    to_llava = target.suffix == ".json"
    folder = (source if to_llava else target).parent
    rows = 0
    with complete_or_absent(target) as temporary, open(temporary, "wb") as stream:
        for place, row in tqdm(
            _rows(source), desc=source.name, unit="row", mininterval=1, disable=None
        ):
            try:
                made = llava_of(row) if to_llava else data_juicer_of(row, only_captions)
                back = data_juicer_of(made, _is_caption(row)) if to_llava else llava_of(made)
            except ValueError as error:
                raise UserError(f"{place}: {error}") from None
            if _plain(back) != _plain(row):
                raise UserError(f"{place}: would not come back the same: {_difference(row, back)}")
            if images is not None:
                made = _moved(made, folder, images)
            if to_llava:
                stream.write(b",\n" if rows else b"[\n")
            stream.write(dump_json(made) + (b"" if to_llava else b"\n"))
            rows += 1
        if to_llava:
            stream.write(b"\n]\n" if rows else b"[]\n")
    print(f"{rows:,} rows in {target}")


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for chunk in read_chunks(path, 1000):
        for number, line in chunk:
            yield (
                f"{path} {'line' if path.suffix == '.jsonl' else 'entry'} {number}",
                parse_row(path, number, line),
            )


def data_juicer_of(row: dict[str, Any], only_captions: bool = False) -> dict[str, Any]:
    """Return the Data-Juicer row of a LLaVA entry.

    Raises:
        ValueError: turns that do not pair up, or no image token at either end of the first question.
    """
    turns, image = row.get("conversations"), row.get("image")
    if not isinstance(turns, list) or not turns or len(turns) % 2:
        raise ValueError("conversations must be pairs of a human and a gpt turn")
    if not all(
        isinstance(turn, dict) and set(turn) == {"from", "value"} and isinstance(turn["value"], str)
        for turn in turns
    ):
        raise ValueError('each turn must be {"from": ..., "value": "..."}')
    if image is not None and not isinstance(image, str):
        raise ValueError(f"image must be one path, not {image!r}")
    first = turns[0]["value"]
    if image is not None and not (first.startswith(LLAVA_TOKEN) or first.endswith(LLAVA_TOKEN)):
        raise ValueError(f"the first question must begin or end with {LLAVA_TOKEN}")
    rest = {key: value for key, value in row.items() if key not in ("conversations", "image")}
    if only_captions:
        if len(turns) != 2 or [turn["from"] for turn in turns] != ["human", "gpt"]:
            raise ValueError(
                f"only one question and one answer make a caption, not {len(turns)} turns"
            )
        text = f"{LLAVA_TOKEN}\n{turns[1]['value']}" if image is not None else turns[1]["value"]
        rest |= {} if first == (LLAVA_TOKEN if image is not None else "") else {QUESTION: first}
    else:
        text = "\n".join(f"[[{turn['from']}]]: {turn['value']}" for turn in turns)
    made = {
        "text": text.replace(LLAVA_TOKEN, IMAGE_TOKEN) + END,
        "images": [image] * text.count(LLAVA_TOKEN) if image is not None else [],
    }
    return {**({"id": rest.pop("id")} if "id" in rest else {}), **made, **rest}


def llava_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the LLaVA entry of a Data-Juicer row; a text without `[[role]]: ` is the caption that answers its question.

    Raises:
        ValueError: no text, several different pictures, turns that do not pair up.
    """
    text, images = row.get("text"), row.get("images") or []
    if not isinstance(text, str):
        raise ValueError(f"text must be a string, not {text!r}")
    if len(set(images)) > 1:
        raise ValueError(f"LLaVA takes one picture a sample, not {len(set(images))}")
    text = text.removesuffix(END).replace(IMAGE_TOKEN, LLAVA_TOKEN)
    if _is_caption(row):
        first = row.get(QUESTION, LLAVA_TOKEN if images else "")
        answer = text.removeprefix(f"{LLAVA_TOKEN}\n") if images else text
        if images and answer == text:
            answer = text.replace(LLAVA_TOKEN, "").strip()
        turns = [{"from": "human", "value": first}, {"from": "gpt", "value": answer}]
    else:
        parts = ROLE.split(text)[1:]
        if len(parts) % 4:
            raise ValueError("the turns of the text must be pairs of [[human]]: and [[gpt]]:")
        turns = [
            {"from": role, "value": value}
            for role, value in zip(parts[::2], parts[1::2], strict=True)
        ]
        for turn in turns[:-1]:
            turn["value"] = turn["value"].removesuffix("\n")
    rest = {key: value for key, value in row.items() if key not in ("text", "images", QUESTION)}
    head = {"id": rest.pop("id")} if "id" in rest else {}
    return {**head, **({"image": images[0]} if images else {}), "conversations": turns, **rest}


def _is_caption(row: dict[str, Any]) -> bool:
    return not ROLE.match(str(row.get("text", "")))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row for comparison: without what other tools write otherwise, such as an empty list of pictures or no end of chunk."""
    row = {key: value for key, value in row.items() if not (key == "images" and not value)}
    if isinstance(row.get("text"), str):
        text = row["text"].removesuffix(END).replace(LLAVA_TOKEN, IMAGE_TOKEN)
        if (
            _is_caption(row)
            and text.count(IMAGE_TOKEN) == 1
            and not text.startswith(f"{IMAGE_TOKEN}\n")
        ):
            text = f"{IMAGE_TOKEN}\n{text.replace(IMAGE_TOKEN, '').strip()}"
        row["text"] = text
    return row


def _difference(row: dict[str, Any], back: dict[str, Any]) -> str:
    keys = [key for key in {**row, **back} if row.get(key) != back.get(key)]
    return (
        f"{keys[0]} {json.dumps(row.get(keys[0]), ensure_ascii=False)[:80]}" if keys else "fields"
    )


def _moved(row: dict[str, Any], folder: Path, images: Path) -> dict[str, Any]:
    """Return a row whose picture paths are right where it will lie: LLaVA's under `images`, Data-Juicer's beside its file."""
    if "image" in row:
        row = {**row, "image": Path(os.path.relpath(folder / row["image"], images)).as_posix()}
    if "images" in row:
        row = {
            **row,
            "images": [
                Path(os.path.relpath(images / name, folder)).as_posix() for name in row["images"]
            ],
        }
    return row
