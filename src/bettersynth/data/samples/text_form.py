"""Data-Juicer's text form of an image-text pair."""

from __future__ import annotations

from typing import Any

IMAGE_TOKEN = "<__dj__image>"
EOC_TOKEN = "<|__dj__eoc|>"
OTHER_TOKENS = ("<__dj__audio>", "<__dj__video>")
LLAVA_TOKEN = "<image>"
MAX_CAPTION = 100_000  # characters
# the control characters that a caption may hold
WHITE_SPACE = "\t\n\r"


def caption_fault(caption: Any, further_tokens: tuple[str, ...] = ()) -> str:
    """Return why what a captioner gave is no caption, as `holds ...`; empty where it is one.

    A caption stands among special tokens later, so that it must hold none itself: neither those of
    this module nor `further_tokens`.
    """
    if not isinstance(caption, str):
        return f"is of type {type(caption).__name__}, not text"
    if len(caption) > MAX_CAPTION:
        return f"holds {len(caption):,} characters, limit {MAX_CAPTION:,}"
    if broken := invalid_unicode(caption):
        return f"is {broken}"
    for token in (IMAGE_TOKEN, EOC_TOKEN, *OTHER_TOKENS, LLAVA_TOKEN, *further_tokens):
        if token in caption:
            return f"holds the special token {token}"
    for char in caption:
        if char < " " and char not in WHITE_SPACE:
            return f"holds the control character U+{ord(char):04X}"
    return ""


def invalid_unicode(text: str) -> str:
    """Return what keeps `text` out of a UTF-8 file, in words; "" where nothing does.

    JSON may escape half of a surrogate pair, which is no character.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"no valid Unicode: half of a surrogate pair at character {error.start}"
    return ""


def text_of_caption(caption: str) -> str:
    """Return Data-Juicer's text of a one-image sample: image token, newline, caption, end."""
    return f"{IMAGE_TOKEN}\n{caption} {EOC_TOKEN}"


def caption_of_text(text: str) -> str:
    """Return the text without special tokens and surrounding white space.

    It is the inverse of `text_of_caption`.
    """
    return text.replace(IMAGE_TOKEN, "").replace(EOC_TOKEN, "").strip()
