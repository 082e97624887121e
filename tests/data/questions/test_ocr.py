"""A real OCR engine reads most boards, whatever the number of processes."""

from __future__ import annotations

import numpy as np

from bettersynth.data.questions.board_questions import board_questions
from bettersynth.data.questions.ocr import Line, read_all_tokens, read_tokens, reading_order
from bettersynth.data.questions.sign_words import benchmark_words

SHARES = {"only": 1.0, "top": 1.0, "bottom": 1.0, "color": 1.0}


def test_the_ocr_engine_reads_most_boards_from_top_to_bottom_whatever_the_processes():
    rng = np.random.default_rng(8)
    items = list(board_questions(12, benchmark_words(), SHARES, rng, "here"))
    pictures = [item.board.jpeg for item in items]
    read = read_all_tokens(pictures, 2, "test")
    right = [
        [token.lower() for token in tokens] == list(item.board.words)
        for item, tokens in zip(items, read, strict=True)
    ]
    assert sum(right) >= 11
    assert read_all_tokens(pictures[:3], 1, "test") == read[:3]


def test_lines_are_read_row_by_row():
    second = Line("second", 60, 2, 90, 12, 1)
    first = Line("first", 0, 4, 40, 14, 1)
    last = Line("last", 0, 30, 40, 40, 1)
    assert [line.text for line in reading_order([last, second, first])] == [
        "first",
        "second",
        "last",
    ]


def test_commas_which_part_tokens_are_cut_off(monkeypatch):
    lines = [Line("one, two,three ,", 0, 0, 9, 9, 1)]
    monkeypatch.setattr("bettersynth.data.questions.ocr.read_lines", lambda data: lines)
    assert read_tokens(b"") == ["one", "twothree"]
