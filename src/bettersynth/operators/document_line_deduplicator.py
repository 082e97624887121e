"""Remove the lines that many texts share, such as notices and menus; every sample stays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.text_form import OTHER_TOKENS
from bettersynth.errors import UserError
from bettersynth.measuring.text.text_hash import text_hash

BRACKETS = frozenset("{}[]();")
LATEX_ENVIRONMENT = ("\\begin{", "\\end{")
HTML_TAG = re.compile(r"</?[a-z][a-z0-9]*[^>]*>?", re.IGNORECASE)


@dataclass(frozen=True)
class Settings:
    """A line goes that is in more than `frequency_threshold` texts; once a text counts.

    Lines of fewer than `min_line_length` characters and those that a `skip_` setting names always
    stay: brackets alone, headings (`#`), LaTeX's \\begin and \\end, a tag of HTML. Data-Juicer
    takes special tokens for words.
    """

    frequency_threshold: int = 6
    lowercase: bool = False
    ignore_special_character: bool = False
    min_line_length: int = 2
    skip_brackets: bool = True
    skip_markdown_headers: bool = True
    skip_latex_env: bool = True
    skip_html_tags: bool = True
    compat: Literal["", "data_juicer"] = ""

    def __post_init__(self) -> None:
        if self.frequency_threshold < 1:
            raise UserError(
                f"document_line_deduplicator: frequency_threshold is {self.frequency_threshold}; "
                "it must be 1 or more, since 0 would remove every line"
            )


def line_keys(text: str, settings: Settings, tokens: Tokens) -> list[bytes]:
    """Return one key for each line of a text, 16 bytes; b"" for a line that always stays."""
    keys: list[bytes] = []
    for line in text.split("\n"):
        words = line if settings.compat else _without_tokens(line, tokens)
        if _always_stays(words.strip(), settings):
            keys.append(b"")
            continue
        digest = text_hash(words, settings.lowercase, settings.ignore_special_character)
        keys.append(bytes.fromhex(digest))
    return keys


def _without_tokens(line: str, tokens: Tokens) -> str:
    for token in (tokens.image, *OTHER_TOKENS, tokens.eoc):
        line = line.replace(token, "")
    return line


def _always_stays(words: str, settings: Settings) -> bool:
    # a line of special tokens alone has no words, and its pictures need their place
    if len(words) < settings.min_line_length or (not words and not settings.compat):
        return True
    if settings.skip_brackets and BRACKETS.issuperset(words):
        return True
    if settings.skip_markdown_headers and words.startswith("#"):
        return True
    if settings.skip_latex_env and words.startswith(LATEX_ENVIRONMENT):
        return True
    return settings.skip_html_tags and HTML_TAG.fullmatch(words) is not None


def common_keys(texts_by_key: Counter[bytes], settings: Settings) -> frozenset[bytes]:
    """Return the keys of the lines that go, from how many texts hold each."""
    threshold = settings.frequency_threshold
    return frozenset(key for key, texts in texts_by_key.items() if texts > threshold)


def without_lines(text: str, common: Set[bytes], settings: Settings, tokens: Tokens) -> str:
    """Return a text without the lines whose keys are in `common`; their special tokens stay."""
    left: list[str] = []
    keys = line_keys(text, settings, tokens)
    for line, key in zip(text.split("\n"), keys, strict=True):
        if key not in common:
            left.append(line)
            continue
        special = "" if settings.compat else "".join(_tokens_of(line, tokens))
        if special:
            left.append(special)
    return "\n".join(left)


def _tokens_of(line: str, tokens: Tokens) -> list[str]:
    known = (tokens.image, tokens.eoc, *OTHER_TOKENS)
    return re.findall("|".join(map(re.escape, known)), line)


def rewrite_all(texts: Sequence[str], settings: Settings, tokens: Tokens) -> list[str]:
    """Return all texts of a data set without the lines that they share."""
    texts_by_key: Counter[bytes] = Counter()
    for text in texts:
        texts_by_key.update(set(line_keys(text, settings, tokens)) - {b""})
    common = common_keys(texts_by_key, settings)
    return [without_lines(text, common, settings, tokens) for text in texts]
