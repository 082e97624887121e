"""The exact-match key of a text that the document and image deduplicators share."""

from __future__ import annotations

import hashlib
import string

import regex

_NON_CHARACTER = regex.compile(rf"\s+|\d+|[{regex.escape(string.punctuation)}]")


def text_hash(text: str, lowercase: bool = False, ignore_non_character: bool = False) -> str:
    """Return the md5 of the stripped text, 32 hex digits.

    White space, digits and ASCII punctuation can be left out.
    """
    if lowercase:
        text = text.lower()
    if ignore_non_character:
        text = _NON_CHARACTER.sub("", text)
    data = text.strip().encode("utf-8")
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
