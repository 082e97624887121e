"""Where things are asked for they are the headline, and all else is reading."""

from bettersynth.evaluation.benchmarks.textvqa_parts import (
    HEADLINE,
    READING,
    are_drawn,
    kind_of,
    text_parts,
)


def test_things_alone_are_the_headline_where_there_are_any():
    assert text_parts(["top", "thing", "only"]) == [READING, HEADLINE, READING]


def test_without_things_every_question_is_with_kinds_or_without():
    assert text_parts(["top", "color"]) == [HEADLINE] * 2
    assert text_parts(["", None]) == [HEADLINE] * 2


def test_what_others_call_a_kind_parts_nothing():
    assert text_parts(["thing", "animal"]) == [HEADLINE] * 2
    assert text_parts(["thing", ""]) == [HEADLINE] * 2
    assert are_drawn({"thing": 1, "top": 2})
    assert not are_drawn(["top", "place"])


def test_a_kind_is_text_or_none():
    assert kind_of({"question_kind": "thing"}) == "thing"
    assert [kind_of(entry) for entry in ({}, {"question_kind": None}, {"question_kind": [1]})] == [
        "",
        "",
        "",
    ]
