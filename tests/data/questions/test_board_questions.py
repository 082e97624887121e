"""What is asked about a board, and which words it carries."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bettersynth.data.questions.board_questions import board_questions
from bettersynth.data.questions.sign_words import benchmark_words
from bettersynth.errors import UserError

SHARES = {"only": 1.0, "top": 1.0, "bottom": 1.0, "color": 1.0}


def boards(count, seed=0, shares=SHARES):
    return list(
        board_questions(count, benchmark_words(), shares, np.random.default_rng(seed), "here")
    )


def test_the_same_seed_draws_the_same_bytes_and_another_seed_others():
    first, again, other = (boards(4, seed) for seed in (3, 3, 4))
    assert first == again
    assert [item.board.jpeg for item in first] != [item.board.jpeg for item in other]


def test_the_answer_is_the_word_that_the_question_asks_for():
    for item in boards(24):
        words, colors = item.board.words, item.board.colors
        assert len(set(words)) == len(words)
        assert len(set(colors)) == len(colors)
        if item.kind == "only":
            assert words == (item.answer,)
        else:
            assert len(words) in (2, 3)
        if item.kind in ("top", "bottom"):
            assert item.answer == words[0 if item.kind == "top" else -1]
            assert f"the {item.kind} sign" in item.question
        if item.kind == "color":
            asked = words.index(item.answer)
            assert f"the {colors[asked]} sign" in item.question


def test_kinds_come_in_their_shares_and_words_equally_often():
    items = boards(20, shares={"only": 0.5, "top": 0.25, "color": 0.25})
    assert Counter(item.kind for item in items) == {"only": 10, "top": 5, "color": 5}


def test_words_are_drawn_equally_often():
    words = benchmark_words()[:12]
    items = board_questions(30, words, SHARES, np.random.default_rng(0), "here")
    drawn = Counter(word for item in items for word in item.board.words)
    assert max(drawn.values()) - min(drawn[word] for word in words) <= 1


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(
        UserError, match="here has no kind left; kinds are: only, top, bottom, color"
    ):
        boards(3, shares={"left": 1.0})


def test_too_few_words_are_refused():
    with pytest.raises(UserError, match="here: 2 words are left for sign boards; at least 3"):
        list(board_questions(1, ["one", "two"], SHARES, np.random.default_rng(0), "here"))
