"""Addresses as they may be printed: without the password that one may hold."""

from __future__ import annotations

import re

# USER:PASSWORD@ of an address
_LOGIN = re.compile(r"//[^/\s]+@")


def without_login(words: str) -> str:
    """Return words with the user and password taken out of each address in them."""
    return _LOGIN.sub("//", words)
