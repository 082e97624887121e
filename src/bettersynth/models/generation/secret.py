"""A key that is never shown, in no form in which a server may send it back."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse

# characters; a shorter key ("EMPTY", "none") may be a word of any caption
SHORTEST_TOLD = 8
MASK = "***"
# characters of a text from outside, before white space is squeezed
MOST_SHOWN = 2000
SHOWN = 300


class Secret:
    """The key of an endpoint; its `repr` does not hold it."""

    def __init__(self, key: str):
        self.key = key
        self._forms = _forms(key) if key else []

    def is_told_by(self, text: str) -> bool:
        """Whether `text` repeats the key."""
        if len(self.key) < SHORTEST_TOLD:
            return False
        folded = text.casefold()
        return any(form.casefold() in folded for form in self._forms)

    def shown(self, text: str) -> str:
        """Return words from outside as they may stand in an error: short, one line, no key."""
        for form in self._forms:
            text = _without(text, form)
        text = "".join(char if char.isprintable() else " " for char in text[:MOST_SHOWN])
        return " ".join(text.split())[:SHOWN]


def _forms(key: str) -> list[str]:
    """Return the key plain, escaped for JSON, HTML and addresses, in hex, reversed, in base64.

    The longest come first, so that no part of one is left.
    """
    escaped = {json.dumps(key)[1:-1], html.escape(key), urllib.parse.quote(key, safe="")}
    forms = {key, *escaped, key.encode().hex(), key[::-1]}
    if len(key) >= SHORTEST_TOLD:
        forms.update(_in_base64(key))
    return sorted(forms, key=lambda form: (-len(form), form))


def _in_base64(key: str) -> list[str]:
    """Return the letters of the key in the base64 of any text that holds it.

    Three bytes are four letters, so that there are three forms. The letters at both ends depend on
    the neighbours too and are left out.
    """
    forms = []
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + key.encode()).decode().rstrip("=")
        # six bits a letter: the first letter that holds bits of the key alone, rounded up
        first = (8 * before + 5) // 6
        whole = 8 * (before + len(key.encode())) // 6
        part = encoded[first:whole]
        forms += [part, part.replace("+", "-").replace("/", "_")]
    return forms


def _without(text: str, form: str) -> str:
    """Return the text with a mask in the place of `form`, in letters of either case."""
    folded = text.lower()
    wanted = form.lower()
    # some letters are two in lower case
    if len(folded) != len(text):
        return text.replace(form, MASK)
    kept = []
    start = 0
    while (place := folded.find(wanted, start)) >= 0:
        kept.append(text[start:place])
        start = place + len(wanted)
    return MASK.join([*kept, text[start:]])
