from __future__ import annotations

import pytest
from support.small_corpus import CORPUS, small_tokenizer

from bettersynth.data.questions import prompts as questions
from bettersynth.models.pretrain_lm.rows import FIRST_SLOT, SLOTS, Mixture
from bettersynth.models.pretrain_lm.tasks import TaskSampler


@pytest.fixture(scope="module")
def tokenizer():
    return small_tokenizer()


@pytest.fixture(scope="module")
def sampler(tokenizer):
    return TaskSampler(CORPUS, tokenizer, seed=0)


def test_a_row_is_the_conversation_with_the_picture_in_front(tokenizer, sampler):
    row = sampler.letters(Mixture(), options=4)
    ids = tokenizer(f"<start_of_turn>user\n{'<pad>' * SLOTS}\n")["input_ids"]
    assert row.ids[: len(ids)] == ids
    assert ids.index(0) == FIRST_SLOT
    text = tokenizer.decode(row.ids[len(ids) :])
    prompt, answer = text.split("<end_of_turn>\n<start_of_turn>model\n")
    assert prompt.startswith(questions.CONCEPT_QUESTION + "\nA. ")
    assert prompt.endswith(questions.LETTER_INSTRUCTION)
    assert answer == f"{tokenizer.decode(row.ids[row.answers[0]])}<end_of_turn>\n<eos>"


def test_the_prompt_has_the_tokens_that_tokenizing_it_as_one_text_gives(tokenizer, sampler):
    row = sampler.signs(Mixture(), "color", 3)
    text = tokenizer.decode(row.ids[FIRST_SLOT + SLOTS :])
    assert tokenizer(text, add_special_tokens=False)["input_ids"] == row.ids[FIRST_SLOT + SLOTS :]


def test_signs_are_asked_by_place_and_colour(tokenizer, sampler):
    clean = Mixture(clutter=0.0, clean=1.0)
    for kind, place in (("top", 0), ("bottom", 2)):
        row = sampler.signs(clean, kind, 3)
        assert row.ids[row.answers[0]] == row.listed[place]
    row = sampler.signs(clean, "color", 2)
    color = tokenizer.decode(row.ids).split("What does the ")[1].split()[0]
    first = color == tokenizer.decode(
        row.slot_ids[0][row.slot_weights[0].index(max(row.slot_weights[0]))]
    )
    assert row.ids[row.answers[0]] == row.listed[0 if first else 1]


def test_colour_pairs_answer_each_colour_with_its_word_and_where_told_its_place(tokenizer, sampler):
    clean = Mixture(clutter=0.0, clean=1.0)
    for told in (True, False):
        row = sampler.color_pairs(clean, 3, told)
        assert sorted(row.ids[a] for a in row.answers if row.ids[a] in row.listed) == sorted(
            row.listed
        )
        text = tokenizer.decode(row.ids).rsplit("<start_of_turn>model\n", 1)[1].split()
        assert len(text) == (9 if told else 6)
        for color, *rest in zip(*[iter(text)] * (3 if told else 2), strict=True):
            place = [tokenizer.decode(t) for t in row.listed].index(rest[-1])
            band = [
                tokenizer.decode(max(zip(row.slot_weights[s], row.slot_ids[s], strict=True))[1])
                for s in (0, 8, 15)
            ]
            assert (color, rest[0]) == (band[place], "ABC"[place] if told else rest[0])


def test_a_row_is_of_a_kind_that_the_mixture_has(sampler):
    mixture = Mixture(shares={"drill": 0.5, "color_pairs": 0.5})
    kinds = {sampler.row(mixture).kind for _ in range(30)}
    assert kinds == {"drill", "color-pairs"}


def test_a_drill_answers_each_word_with_its_letter(tokenizer, sampler):
    row = sampler.drill()
    options = tokenizer.decode(row.ids[1:]).split("\n")[: len(row.listed)]
    letters = dict(option.split(". ")[::-1] for option in options)
    for place in row.answers:
        before = row.ids[place - 1] if row.ids[place - 1] != 0 else row.ids[place - 2]
        word = tokenizer.decode(before).strip()
        if word:  # else a newline stands between
            assert letters[word] == tokenizer.decode(row.ids[place]).strip()
    assert row.slot_ids == row.slot_weights == []


def test_plain_colours_are_seen_without_clutter_or_noise(sampler):
    mixture = Mixture(shares={"color": 1.0}, plain_colors=True)
    for _ in range(10):
        row = sampler.row(mixture)
        assert row.noise == 0
        assert all(sum(weights) == 1 for weights in row.slot_weights)
