from __future__ import annotations

from collections import Counter

import pytest
from support.small_corpus import CORPUS, small_tokenizer

from bettersynth.data.questions import prompts as questions
from bettersynth.models.pretrain_lm.rows import FIRST_SLOT, SIDE, SLOTS, Mixture
from bettersynth.models.pretrain_lm.tasks import TaskSampler
from bettersynth.models.pretrain_lm.thing_boards import ThingSampler

CLEAN = Mixture(shares={"things": 1.0}, clutter=0.0, clean=1.0)


@pytest.fixture(scope="module")
def tokenizer():
    return small_tokenizer()


@pytest.fixture(scope="module")
def rows(tokenizer):
    sampler = ThingSampler(CORPUS, tokenizer, seed=0)
    return [sampler.row(CLEAN) for _ in range(200)]


def strongest(row, slot):
    """The word that a slot shows most of."""
    return max(zip(row.slot_weights[slot], row.slot_ids[slot], strict=True))[1]


def test_a_row_asks_for_the_sign_and_answers_with_one_of_the_listed_words(tokenizer, rows):
    row = rows[0]
    text = tokenizer.decode(row.ids[FIRST_SLOT + SLOTS :])
    prompt, answer = text.strip().split("<end_of_turn>\n<start_of_turn>model\n")
    words = prompt.split(questions.OCR_PREFIX + " ")[1].split("\n")[0].split(", ")
    assert prompt == questions.text_prompt(questions.THING_QUESTION, words)
    assert answer.removesuffix("<end_of_turn>\n<eos>") in words
    assert {row.kind for row in rows} == {"things"}
    assert all(row.ids[row.answers[0]] in row.listed for row in rows)


def test_the_right_word_is_what_the_thing_is_made_of(tokenizer, rows):
    colors = {tokenizer.encode(color)[-1] for color in questions.SIGN_COLORS}
    seen = 0
    for row in rows:
        shown = strongest(row, 2 * SIDE)
        # signs in the lower half
        if shown in colors:
            continue
        seen += 1
        right = row.ids[row.answers[0]]
        # the answer may be written in capitals
        assert tokenizer.decode(shown).lower() == tokenizer.decode(right).lower()
    assert seen > 150


def test_the_right_word_stands_at_each_place_as_often(rows):
    three = [row for row in rows if len(row.listed) == 3]
    assert 100 < len(three) < 170
    places = Counter(row.listed.index(row.ids[row.answers[0]]) for row in three)
    assert all(25 <= places[place] <= 65 for place in range(3))


def test_signs_stand_at_the_upper_or_the_lower_edge_or_nowhere(tokenizer, rows):
    colors = {tokenizer.encode(color)[-1] for color in questions.SIGN_COLORS}
    seen = Counter()
    for row in rows:
        shown = [strongest(row, slot * SIDE) in colors for slot in range(SIDE)]
        # a thing that is called by a colour shows it everywhere
        if not all(shown):
            seen[tuple(shown)] += 1
    assert set(seen) == {
        (False, False, False, False),
        (True, False, False, False),
        (True, True, False, False),
        (False, False, False, True),
        (False, False, True, True),
    }


def test_other_kinds_are_drawn_as_without_the_things(tokenizer):
    samplers = [kind(CORPUS, tokenizer, seed=4) for kind in (TaskSampler, ThingSampler)]
    one, two = ([sampler.row(Mixture()) for _ in range(20)] for sampler in samplers)
    assert one == two
