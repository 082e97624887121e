"""Conversations that chat models are shown as examples, in the form of chatml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.errors import UserError

# questions with their answers, in order
Turns = list[tuple[str, str]]


def read_conversations(path: Path) -> list[Turns]:
    """Return the turns of each line: a `{"messages": [{"role": "user", "content": ...}, ...]}`.

    A turn is what the assistant says, and what the user said last before it.

    Raises:
        UserError: no such file, or a line without a turn.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; it must be a .jsonl file of conversations")
    conversations: list[Turns] = []
    for place, row in json_rows(path):
        messages = row.get("messages") if isinstance(row, Mapping) else None
        turns = _turns(messages) if isinstance(messages, list) else []
        if not turns:
            raise UserError(
                f"{place} has no messages of a user and then an assistant, such as "
                '{"messages": [{"role": "user", "content": "Why?"}, '
                '{"role": "assistant", "content": "So."}]}'
            )
        conversations.append(turns)
    return conversations


def _turns(messages: list[Any]) -> Turns:
    said: str | None = None
    turns: Turns = []
    for message in messages:
        role, content = "", None
        if isinstance(message, Mapping):
            role, content = message.get("role", ""), message.get("content")
        if not isinstance(content, str) or not content:
            continue
        if role == "user":
            said = content
        elif role == "assistant" and said is not None:
            turns.append((said, content))
    return turns
