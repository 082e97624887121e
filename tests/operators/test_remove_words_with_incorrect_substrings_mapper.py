"""remove_words_with_incorrect_substrings_mapper: words with parts of links."""

from __future__ import annotations

import pytest
from support.one_operator import rewritten
from support.parity import cases, rewritten_inputs

from bettersynth.errors import UserError


@pytest.mark.parametrize("group", cases("mappers", "remove_words_with_incorrect_substrings_mapper"))
def test_it_writes_the_same_text_as_data_juicer(group):
    assert rewritten_inputs(group) == [row["text"] for row in group]


def test_words_with_parts_of_links_go():
    name = "remove_words_with_incorrect_substrings_mapper"
    assert rewritten(name, "see http://a and\twww.b.org\nnow") == "see and\nnow"
    assert rewritten(name, "a dog and a cat", substrings=["do", "ca"]) == "a and a"


def test_pieces_need_their_model():
    with pytest.raises(UserError, match="needs the file of a SentencePiece model"):
        settings = {"tokenization": True}
        rewritten("remove_words_with_incorrect_substrings_mapper", "a", **settings)


def test_an_empty_substring_is_refused():
    with pytest.raises(UserError, match="substrings holds an empty text"):
        rewritten("remove_words_with_incorrect_substrings_mapper", "a", substrings=["x", ""])
