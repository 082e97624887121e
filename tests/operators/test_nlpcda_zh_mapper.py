"""nlpcda_zh_mapper: texts as Data-Juicer 1.6.1 makes them, the same ones in every process."""

from __future__ import annotations

import importlib.util
import random

import pytest
from support.one_operator import line, text_batch

from bettersynth.errors import UserError
from bettersynth.operators.nlpcda_zh_mapper import METHODS

NAME = "nlpcda_zh_mapper"
TEXT = "这里一共有5种不同的数据增强方法"
needs_nlpcda = pytest.mark.skipif(
    importlib.util.find_spec("nlpcda") is None, reason="nlpcda is not installed (extra augment)"
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))


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
    with pytest.raises(UserError, match=r"nlpcda_zh_mapper needs the package nlpcda: pip install"):
        made(TEXT, swap_random_char=True)


@needs_nlpcda
def test_the_same_texts_come_in_every_order_and_nobody_s_random_numbers_are_seeded(capfd):
    random.seed(7)
    state = random.getstate()
    swapped = ["这里一有共5种不同的数据增强方法", "这里一共有5种不同的数据增强法方"]
    assert made("你好", TEXT, swap_random_char=True, aug_num=2)[1] == swapped
    assert made(TEXT, swap_random_char=True, aug_num=2) == [swapped]
    assert made(TEXT, swap_random_char=True, aug_num=2, seed=1) != [swapped]
    assert random.getstate() == state
    assert capfd.readouterr() == ("", "")


@needs_nlpcda
def test_words_of_one_run_do_not_change_how_another_cuts():
    alone = made(TEXT, delete_random_char=True)
    made(TEXT, replace_similar_word=True)
    assert made(TEXT, delete_random_char=True) == alone == [["这里一共有5种不同的数据增强"]]


@needs_nlpcda
def test_each_method_makes_its_own_or_all_of_them_in_turn():
    methods = dict.fromkeys(METHODS, True)
    assert len(made(TEXT, aug_num=2, **methods)[0]) == 2 * len(METHODS)
    assert made(TEXT, aug_num=2, sequential=True, **methods) == [
        ["刾地一共有伍种不同数增据强", "此间共一蚰伍种不同的数增强据"]
    ]
    # nothing to change: none by itself, and none of the text as it was
    assert made("abc", aug_num=2, **methods) == [[]]
    assert made("abc", aug_num=2, sequential=True, **methods) == [[]]
