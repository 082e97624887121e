from __future__ import annotations

from pathlib import Path

from bettersynth.recipes.engine.passes import Done, Dropped
from bettersynth.recipes.engine.survivors import Survivors
from bettersynth.recipes.lines import read_recipe

LINES = read_recipe([{"text_length_filter": {"min_len": 5}}, "image_size_filter"], "recipe")
PICTURE = "without a picture passed unmeasured"


def done(left, **fields):
    return Done([], left, [], rows=4, order=(0, 1), **fields)


def test_rows_are_counted_over_chunks_and_the_first_without_a_value_is_named(capsys):
    survivors = Survivors(LINES)
    survivors.add(Path("a.jsonl"), done({0: 3, 1: 3}, lacking={1: {PICTURE: [7, 8]}}))
    survivors.add(Path("b.jsonl"), done({0: 2, 1: 1}, lacking={1: {PICTURE: [1]}}))
    survivors.print_left((0, 1))
    assert capsys.readouterr().out.splitlines() == [
        "        5 after text_length_filter",
        "        4 after image_size_filter "
        "(3 rows without a picture passed unmeasured, the first a.jsonl line 7)",
    ]


def test_another_order_is_told(capsys):
    survivors = Survivors(LINES)
    survivors.add(Path("a.jsonl"), done({1: 3, 0: 3}))
    survivors.print_left((0, 1))
    assert "cheap filters first" in capsys.readouterr().out


def test_the_line_that_dropped_the_last_row_is_told_with_an_example(capsys):
    survivors = Survivors(LINES)
    survivors.add(Path("a.jsonl"), done({0: 0, 1: 0}, dropped={0: Dropped(9, "text_len 3")}))
    survivors.warn_if_none(4)
    error = capsys.readouterr().err
    assert error == (
        "warning: no row is left: text_length_filter (min_len 5, max_len inf) dropped the last 4, "
        "such as a.jsonl line 9 with text_len 3\n"
    )


def test_rows_that_are_left_need_no_warning(capsys):
    survivors = Survivors(LINES)
    survivors.add(Path("a.jsonl"), done({0: 1, 1: 1}))
    survivors.warn_if_none(4)
    Survivors(LINES).warn_if_none(0)
    assert capsys.readouterr().err == ""
