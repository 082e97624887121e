"""Data-Juicer's text form of an image-text pair."""

from __future__ import annotations

IMAGE_TOKEN = "<__dj__image>"
EOC_TOKEN = "<|__dj__eoc|>"


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
