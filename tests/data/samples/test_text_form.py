import pytest

from bettersynth.data.samples.text_form import (
    caption_fault,
    caption_of_text,
    invalid_unicode,
    text_of_caption,
)


def test_a_caption_comes_back_from_its_text():
    text = text_of_caption("a dog")
    assert text == "<__dj__image>\na dog <|__dj__eoc|>"
    assert caption_of_text(text) == "a dog"


def test_half_a_surrogate_pair_is_no_text():
    assert invalid_unicode("fine") == ""
    assert invalid_unicode("x\ud83d") == (
        "no valid Unicode: half of a surrogate pair at character 1"
    )


@pytest.mark.parametrize(
    ("caption", "fault"),
    [
        ("a cat\n\twith \u00fc \U0001f600", ""),
        ("a < b", ""),
        (None, "is of type NoneType, not text"),
        (["a cat"], "is of type list, not text"),
        ("a \ud83d", "is no valid Unicode: half of a surrogate pair at character 2"),
        ("a <__dj__video>", "holds the special token <__dj__video>"),
        ("a <pic>", "holds the special token <pic>"),
        ("a \x1b[31m", "holds the control character U+001B"),
        ("a" * 100_001, "holds 100,001 characters, limit 100,000"),
    ],
)
def test_what_is_no_caption_is_told_in_words(caption, fault):
    assert caption_fault(caption, ("<pic>",)) == fault
