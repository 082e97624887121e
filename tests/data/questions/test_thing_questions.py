"""Things between three names: dealt evenly, so that nothing but the picture tells the answer."""

from __future__ import annotations

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.questions.prompts import THING, THING_QUESTION
from bettersynth.data.questions.thing_questions import pictures_of_things, thing_questions
from bettersynth.errors import UserError

PICTURES = {"cow": ["cow-1", "cow-2"], "owl": ["owl"], "bread": ["bread"], "cat": ["cat"]}


def stored(name):
    stream = io.BytesIO()
    shade = sum(map(ord, name)) % 256
    Image.new("RGB", (20, 20), (shade, 90, 200)).save(stream, "PNG")
    return stream.getvalue()


def boards(count, seed=0, pictures=PICTURES, read=stored):
    return list(thing_questions(count, pictures, read, np.random.default_rng(seed)))


def row(concept, split="benchmark", image="a.png"):
    return {"concept": concept, "split": split, "images": [image]}


def test_the_same_seed_draws_the_same_bytes_and_another_seed_others():
    first, again, other = (boards(3, seed) for seed in (3, 3, 4))
    assert first == again
    assert [item.board.jpeg for item in first] != [item.board.jpeg for item in other]


def test_the_answer_is_one_of_three_names_in_even_places_and_each_concept_as_often():
    asked = []
    items = boards(24, read=lambda name: asked.append(name) or stored(name))
    assert all(item.question == THING_QUESTION and item.kind == THING for item in items)
    assert all(len(set(item.board.words)) == len(set(item.board.colors)) == 3 for item in items)
    places = Counter(item.board.words.index(item.answer) for item in items)
    assert places == {0: 8, 1: 8, 2: 8}
    assert Counter(item.answer for item in items) == dict.fromkeys(PICTURES, 6)
    wrong = Counter(word for item in items for word in item.board.words if word != item.answer)
    assert set(wrong) == set(PICTURES)
    assert max(wrong.values()) - min(wrong.values()) <= 3
    # the answer's picture, and both pictures of a concept in turns
    assert all(name in PICTURES[item.answer] for name, item in zip(asked, items, strict=True))
    assert Counter(asked)["cow-1"] == Counter(asked)["cow-2"] == 3


def test_no_name_is_part_of_another_of_its_board():
    pictures = {name: [name] for name in ("eye", "eyes", "ring", "syringe", "pen", "tooth")}
    for item in boards(30, pictures=pictures):
        words = item.board.words
        assert not any(one != other and one in other for one in words for other in words)
    with pytest.raises(UserError, match="no concept can stand as a wrong name beside"):
        boards(3, pictures={name: [name] for name in ("ant", "elephant", "eleph")})


def test_only_concepts_of_the_split_with_one_plain_word_are_things():
    rows = [row("cow", image="2.png"), row("cow", image="1.png"), row("owl"), row("cat")]
    others = [row("hot dog"), row("Rome"), row("zzz"), row("ox"), row(""), row("dog", "pool")]
    pictures = pictures_of_things([*rows, *others], "benchmark", "benchmark.textvqa.things")
    assert pictures == {"cat": ["a.png"], "cow": ["1.png", "2.png"], "owl": ["a.png"]}


def test_too_few_concepts_are_one_line():
    setting = "instruction.things"
    with pytest.raises(UserError, match="no instruction pictures with a concept; set instruction"):
        pictures_of_things([row("cow")], "instruction", setting)
    few = [row("cow", "instruction"), row("hot dog", "instruction")]
    with pytest.raises(UserError, match="1 instruction concepts of one word .* at least 3"):
        pictures_of_things(few, "instruction", setting)
