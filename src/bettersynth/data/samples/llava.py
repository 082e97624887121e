"""LLaVA json: one list of entries, each with `conversations` and, where it shows any, `image`.

This is the one reader and validator; who takes an entry asks only for what it needs of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.errors import UserError

LLAVA_TOKEN = "<image>"
ROLES = ("human", "gpt")
Turn = dict[str, str]


def llava_entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place (`FILE entry 3`) and entry of all that a LLaVA json holds.

    Raises:
        FileNotFoundError: no such file.
        UserError: not JSON, no list of entries, or an empty one.
    """
    empty = True
    for place, entry in json_rows(path, one_list=True):
        if not isinstance(entry, dict):
            raise UserError(f"{place}: an entry must be a JSON object, not {type(entry).__name__}")
        empty = False
        yield place, entry
    if empty:
        raise UserError(f"{path} holds no entries; a LLaVA json is a non-empty list of them")


def turns_of(entry: dict[str, Any], place: str) -> list[Turn]:
    """Return the turns of an entry; each has the text `value` and says who it is `from`.

    Raises:
        UserError: it has no list of such turns.
    """
    turns = entry.get("conversations")
    if not isinstance(turns, list) or not all(map(_is_turn, turns)):
        raise UserError(f'{place}: conversations must be a list of {{"from": ..., "value": "..."}}')
    return turns


def _is_turn(turn: object) -> bool:
    return isinstance(turn, dict) and "from" in turn and isinstance(turn.get("value"), str)


def require_roles(turns: Sequence[Turn], place: str) -> None:
    """Pass if every turn is from human or gpt.

    Raises:
        UserError: one is from someone else.
    """
    for turn in turns:
        if turn["from"] not in ROLES:
            raise UserError(
                f"{place}: a turn is from {turn['from']!r}; allowed: {', '.join(ROLES)}"
            )


def pictures_of(entry: dict[str, Any]) -> list[Any]:
    """Return the pictures of an entry: `image` is a name, a list of names, or missing."""
    image = entry.get("image")
    if image is None:
        return []
    return list(image) if isinstance(image, list) else [image]


def require_a_token_a_picture(turns: Sequence[Turn], pictures: int, place: str) -> None:
    """Pass if the text holds as many `<image>` as there are pictures.

    Raises:
        UserError: it holds another number.
    """
    tokens = sum(turn["value"].count(LLAVA_TOKEN) for turn in turns)
    if tokens != pictures:
        raise UserError(f"{place}: {tokens} {LLAVA_TOKEN} in the text for {pictures} images")
