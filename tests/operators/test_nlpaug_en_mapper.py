"""nlpaug_en_mapper: as many texts as Data-Juicer 1.6.1 makes, the same ones in every process."""

from __future__ import annotations

import importlib.util

import pytest
from support.one_operator import line, text_batch

from bettersynth.errors import UserError
from bettersynth.operators.nlpaug_en_mapper import METHODS

NAME = "nlpaug_en_mapper"
TEXT = "I love Language Models, because they receive their words beautifully."
needs_nlpaug = pytest.mark.skipif(
    importlib.util.find_spec("nlpaug") is None, reason="nlpaug is not installed (extra augment)"
)


def made(*texts, **settings):
    recipe_line = line(NAME, **settings)
    new, bad = recipe_line.operator.open_maker(recipe_line.deciding, None).make(text_batch(*texts))
    assert bad == {}
    return [[one.text for one in row] for row in new]


def test_without_a_method_nothing_is_made_and_no_package_needed():
    assert made(TEXT, "a") == [[], []]
    with pytest.raises(UserError, match="aug_num is 0; it must be 1 or more"):
        made(TEXT, aug_num=0)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"nlpaug_en_mapper needs the package nlpaug: pip install"):
        made(TEXT, swap_random_word=True)


@needs_nlpaug
def test_the_same_texts_come_in_every_process_and_order():
    # spelling_error_word draws from what nlpaug keeps in sets
    spelt = made("a cat", TEXT, spelling_error_word=True)
    assert spelt[1] == ["I''m love Language Models, because them receive theis works beautifully."]
    assert made(TEXT, "a cat", spelling_error_word=True) == spelt[::-1]
    assert made(TEXT, spelling_error_word=True, seed=1) != spelt[1:]
    assert made(TEXT, split_random_word=True) == [
        ["I l ove Language Models, because t hey receive th eir w ords beautifully."]
    ]


@needs_nlpaug
def test_each_method_makes_its_own_or_all_of_them_in_turn():
    methods = dict.fromkeys(METHODS, True)
    each = made(TEXT, aug_num=2, **methods)[0]
    assert len(each) == 2 * len(METHODS)
    assert len(made(TEXT, aug_num=2, sequential=True, **methods)[0]) == 2
    # in their order, whichever is named first
    two = made(TEXT, ocr_error_char=True, delete_random_word=True)[0]
    assert len(two) == 2
    assert two[0] == "Love Language Models, because receive beautifully."
    assert made("", aug_num=2, **methods) == [[]]
