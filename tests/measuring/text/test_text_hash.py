"""The exact-match key of a text."""

from __future__ import annotations

from hashlib import md5

from bettersynth.measuring.text.text_hash import text_hash


def test_the_key_is_the_md5_of_the_stripped_text():
    assert text_hash(" A dog\n") == md5(b"A dog").hexdigest()
    assert text_hash("A dog", lowercase=True) == md5(b"a dog").hexdigest()


def test_space_digits_and_marks_can_be_left_out():
    assert text_hash("A, 1 dog!", ignore_non_character=True) == md5(b"Adog").hexdigest()
