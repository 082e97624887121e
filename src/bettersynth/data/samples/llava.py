"""LLaVA json: one list of entries, each with `conversations` and, where it shows any, `image`.

This is the one reader and validator; who takes an entry asks only for what it needs of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.errors import UserError

LLAVA_TOKEN = "<image>"
ROLES = ("human", "gpt")
Turn = dict[str, str]
# a few odd conversations are normal; more means a wrong file, template or a cut that is too short
MAX_MASKED_SHARE = 0.01


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
    if not isinstance(turn, dict):
        return False
    return isinstance(turn.get("from"), str) and isinstance(turn.get("value"), str)


def trained_turns(turns: Sequence[Turn], place: str) -> list[Turn]:
    """Return the turns that are trained on: all but a leading answer.

    Raises:
        UserError: turns do not alternate between human and gpt, or there is none.
    """
    # the reference drops a leading answer too: nothing asked for it
    leading = bool(turns) and turns[0]["from"] == "gpt"
    trained = list(turns[leading:])
    for position, turn in enumerate(trained):
        wanted = ROLES[position % 2]
        if turn["from"] != wanted:
            raise UserError(
                f"{place}: turn {position + leading + 1} is from {turn['from']!r}; turns must "
                f"alternate, this one should be from {wanted!r}"
            )
    if not trained:
        raise UserError(f"{place}: the conversation is empty")
    return trained


def llava_entry(id: str, images: Sequence[str], turns: Sequence[Turn]) -> dict[str, Any]:
    """Return an entry: `image` is a name, a list of several, or missing."""
    entry: dict[str, Any] = {"id": id}
    if images:
        entry["image"] = images[0] if len(images) == 1 else list(images)
    entry["conversations"] = list(turns)
    return entry


def pictures_of(entry: dict[str, Any]) -> list[Any]:
    """Return the pictures of an entry: `image` is a name, a list of names, or missing."""
    image = entry.get("image")
    if image is None:
        return []
    return list(image) if isinstance(image, list) else [image]


def require_a_token_a_picture(turns: Sequence[Turn], pictures: int, place: str) -> None:
    """Pass if the text holds as many `<image>` as there are pictures, and a turn one at most.

    Raises:
        UserError: it holds another number, or several in one turn.
    """
    tokens = [turn["value"].count(LLAVA_TOKEN) for turn in turns]
    # several in one turn become one, as in the reference
    if sum(tokens) != pictures or max(tokens, default=0) > 1:
        raise UserError(
            f"{place}: {sum(tokens)} {LLAVA_TOKEN} in the text for {pictures} images; a turn "
            "takes one at most"
        )


def nothing_to_learn(turns: Sequence[Turn]) -> str:
    """Return why such turns are left out, "" if not: most templates mask all of them."""
    if turns[-1]["from"] == "human":
        return "the last turn is from human"
    if any(not turn["value"] for turn in turns[1::2]):
        return "an answer is empty"
    return ""


def require_few_masked(reasons: Counter[str], total: int, where: str) -> None:
    """Pass if at most 1 % of `total` rows have nothing to learn from, counted by reason.

    Raises:
        UserError: they are more.
    """
    masked = reasons.total()
    if masked > MAX_MASKED_SHARE * total:
        listed = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common(3))
        raise UserError(
            f"{where}: {masked} of {total} rows have nothing to learn from (allowed "
            f"{MAX_MASKED_SHARE:.0%}): {listed}"
        )
