"""Conversations of a file in the form of chatml."""

from __future__ import annotations

import json

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text.chat_examples import read_conversations


def said(role, content):
    return {"role": role, "content": content}


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_turn_is_an_answer_and_the_question_before_it(tmp_path):
    messages = [
        said("system", "be kind"),
        said("assistant", "to nobody"),
        said("user", "not this"),
        said("user", "why?"),
        said("assistant", "so"),
        said("user", "and?"),
        said("assistant", "no"),
    ]
    file = write(tmp_path / "a.jsonl", {"messages": messages})
    assert read_conversations(file) == [[("why?", "so"), ("and?", "no")]]


@pytest.mark.parametrize(
    "row", [{"text": "x"}, [], {"messages": "x"}, {"messages": ["x", said("user", "why?")]}]
)
def test_a_line_without_a_turn_is_told(tmp_path, row):
    good = {"messages": [said("user", "why?"), said("assistant", "so")]}
    with pytest.raises(UserError, match=r"a.jsonl line 2 has no messages of a user and then an as"):
        read_conversations(write(tmp_path / "a.jsonl", good, row))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UserError, match=r"none.jsonl does not exist; it must be a .jsonl file"):
        read_conversations(tmp_path / "none.jsonl")
