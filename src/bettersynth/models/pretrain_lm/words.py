"""Function words: they stand in captions, but no part of a picture is called by them."""

from __future__ import annotations

_WORDS = """
a an and are as at be by can don for from has have he her his how i in into is it its made makes
not of off on one or s she some t that the their them there these they this those to up used very
was were what when where which who will with you your this's
"""
STOP_WORDS: frozenset[str] = frozenset(_WORDS.split())
