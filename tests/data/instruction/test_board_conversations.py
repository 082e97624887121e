"""A drawn board becomes a conversation with the tokens that an engine read."""

from __future__ import annotations

from bettersynth.data.instruction import board_conversations as module
from bettersynth.data.instruction.board_conversations import board_conversations
from bettersynth.data.questions.board_drawing import Board
from bettersynth.data.questions.board_questions import BoardQuestion


def test_names_ids_and_tokens_are_the_boards_own(monkeypatch):
    monkeypatch.setattr(
        module, "read_all_tokens", lambda jpegs, processes, what: [["OPEN"]] * len(jpegs)
    )
    board = Board(b"jpeg", 1, 1, ("open",), ("red",), ("OPEN",))
    drawn = [BoardQuestion(board, "only", "What word is on the sign?", "open")]
    for case, token in (("lower", "open"), ("as_read", "OPEN")):
        items, pictures = board_conversations(iter(drawn), 1, "thing", case, 1)
        assert pictures == [("things/00000.jpg", b"jpeg")]
        assert (items[0]["id"], items[0]["image"]) == ("thing-00000", "things/00000.jpg")
        human, gpt = items[0]["conversations"]
        assert f"Reference OCR token: {token}\n" in human["value"]
        assert gpt["value"] == "open"
