"""text_entity_dependency_filter: the edges of what a text names."""

from __future__ import annotations

import pytest
from support.one_operator import line, measured, text_batch


def test_things_joined_to_other_words():
    pytest.importorskip("spacy")
    values, flags = measured(
        "text_entity_dependency_filter", text_batch("a dog runs over the field", "red and blue")
    )
    assert values["num_dependency_edges"] == [[2, 2], []]
    assert flags == [True, False]


@pytest.mark.parametrize(("mode", "stays"), [("any", True), ("all", False)])
def test_any_or_all_things_need_enough_edges(mode, stays):
    recipe_line = line("text_entity_dependency_filter", min_dependency_num=2, any_or_all=mode)
    values = {"num_dependency_edges": [[1, 2], [2, 2], []]}
    flags = recipe_line.operator.keep(values, recipe_line.deciding)
    assert flags.tolist() == [stays, True, False]
