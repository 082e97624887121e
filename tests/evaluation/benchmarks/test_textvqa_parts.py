"""Where things are asked for they are the headline, and all else is reading."""

from bettersynth.evaluation.benchmarks.textvqa_parts import HEADLINE, READING, text_parts


def test_things_alone_are_the_headline_where_there_are_any():
    assert text_parts(["top", "thing", "only"]) == [READING, HEADLINE, READING]


def test_without_things_every_question_is_with_kinds_or_without():
    assert text_parts(["top", "color"]) == [HEADLINE] * 2
    assert text_parts(["", None]) == [HEADLINE] * 2
