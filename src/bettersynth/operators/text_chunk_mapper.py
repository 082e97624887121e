"""Make several samples of a long text, cut at a pattern or after a number of characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import regex

from bettersynth.data.samples.batch import Batch, Tokens
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Made
from bettersynth.measuring.text.user_patterns import compile_pattern, find_all

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
VERSION = 1
READS = ("text",)
# start and end of a part of a text, in characters
Span = tuple[int, int]


@dataclass(frozen=True)
class Settings:
    """A text of more than `max_len` characters is cut at the last `split_pattern` within them.

    Where there is none it is cut after `max_len`, and the next part starts `overlap_len`
    characters before the cut. Without `max_len` it is cut at every match.
    """

    max_len: int | None = None
    split_pattern: str | None = r"\n\n"
    overlap_len: int = 0
    keep_original_sample: bool = False
    compat: Literal["", "data_juicer"] = ""

    def __post_init__(self) -> None:
        if self.max_len is None and self.split_pattern is None:
            raise UserError("text_chunk_mapper: max_len and split_pattern are both null; set one")
        if self.max_len is not None and not 0 <= self.overlap_len < self.max_len:
            raise UserError(
                f"text_chunk_mapper: overlap_len is {self.overlap_len}; it must be in "
                f"[0, {self.max_len}), below max_len"
            )
        compile_pattern(self.split_pattern or "", "text_chunk_mapper: split_pattern")


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what cuts texts; nothing is written into `folder`."""
    return Maker(settings)


class Maker:
    """Cuts the texts of one batch after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return the parts of each text, none of one that is blank where it is cut.

        Each part has the pictures whose tokens are in it, and no token is cut. All parts have all
        pictures of a text without tokens, and as Data-Juicer has it.
        """
        made: list[list[Made]] = []
        for text, images in zip(batch.texts, batch.images, strict=True):
            made.append(self._parts(text, list(images), batch.tokens))
        return made, {}

    def close(self) -> None:
        """Nothing is held."""

    def _parts(self, text: str, images: list[str], tokens: Tokens) -> list[Made]:
        if self.settings.compat == "data_juicer":
            return [Made(text[start:end], images) for start, end in self._spans(text, [])]
        whole = _token_spans(text, (tokens.image, tokens.eoc))
        parts: list[Made] = []
        for start, end in self._spans(text, whole):
            own = images
            if tokens.image in text:
                before = text.count(tokens.image, 0, start)
                own = images[before : before + text.count(tokens.image, start, end)]
            parts.append(Made(text[start:end], own))
        return parts

    def _spans(self, text: str, whole: list[Span]) -> list[Span]:
        """Return where the parts lie; no cut is within one of the spans in `whole`."""
        settings = self.settings
        if settings.max_len is None:
            return _every_match(text, settings.split_pattern or "", whole)
        if len(text) <= settings.max_len:
            return [(0, len(text))]
        if settings.split_pattern is None:
            return _windows(text, settings.max_len, settings.overlap_len, whole)
        return _last_matches(text, settings, whole)


def _token_spans(text: str, tokens: Sequence[str]) -> list[Span]:
    pattern = "|".join(map(re.escape, tokens))
    return [match.span() for match in re.finditer(pattern, text)]


def _outside(position: int, whole: list[Span]) -> int:
    """Return `position`, or the start of the span that it lies in."""
    for start, end in whole:
        if start < position < end:
            return start
    return position


def _free_matches(text: str, pattern: str, whole: list[Span]) -> list[regex.Match[str]]:
    """Return the matches of a pattern that touch none of the spans in `whole`."""
    free: list[regex.Match[str]] = []
    for match in find_all(compile_pattern(pattern), text):
        if not any(match.start() < end and start < match.end() for start, end in whole):
            free.append(match)
    return free


def _every_match(text: str, pattern: str, whole: list[Span]) -> list[Span]:
    """Return the parts between all matches; what a group matched is a part, as in `re.split`."""
    spans: list[Span] = []
    start = 0
    for match in _free_matches(text, pattern, whole):
        spans.append((start, match.start()))
        spans += [match.span(group) for group in range(1, len(match.groups()) + 1)]
        start = match.end()
    spans.append((start, len(text)))
    # a group without a match has the span (-1, -1)
    return [(start, end) for start, end in spans if text[start:end].strip()]


def _windows(text: str, length: int, overlap: int, whole: list[Span]) -> list[Span]:
    spans: list[Span] = []
    for start in range(0, len(text), length - overlap):
        end = min(start + length, len(text))
        span = (_outside(start, whole), _outside(end, whole))
        # a token that is longer than a window stands in the one that reaches its end
        if span[0] < span[1]:
            spans.append(span)
    return spans


def _last_matches(text: str, settings: Settings, whole: list[Span]) -> list[Span]:
    """Return parts of at most `max_len`, each up to the last match within them."""
    length = settings.max_len or 0
    spans: list[Span] = []
    start = 0
    while len(text) - start > length:
        # a pattern sees a part as a text of its own
        part = text[start : start + length]
        inner = [(first - start, last - start) for first, last in whole]
        matches = _free_matches(part, settings.split_pattern or "", inner)
        # one at the very start that takes nothing would be found for ever
        if matches and matches[-1].end() > 0:
            end, following = start + matches[-1].start(), start + matches[-1].end()
        else:
            end = _outside(start + length, whole)
            following = _outside(start + length - settings.overlap_len, whole)
            if following <= start:
                end = following = _end_of_span(start, whole)
        if text[start:end].strip():
            spans.append((start, end))
        start = following
    return [*spans, (start, len(text))]


def _end_of_span(position: int, whole: list[Span]) -> int:
    """Return the end of the span that starts at `position`, one further where none does."""
    return dict(whole).get(position, position + 1)
