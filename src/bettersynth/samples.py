"""The sample table: column types, and Data-Juicer's text form of an image-text pair."""

from __future__ import annotations

import pyarrow as pa

IMAGE_TOKEN = "<__dj__image>"
EOC_TOKEN = "<|__dj__eoc|>"

SAMPLE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("images", pa.list_(pa.string())),
        ("image_sha256", pa.list_(pa.string())),
        ("width", pa.list_(pa.int32())),
        ("height", pa.list_(pa.int32())),
        ("size_bytes", pa.list_(pa.int64())),
        ("phash", pa.list_(pa.string())),
        ("source", pa.string()),
        ("style", pa.string()),
        ("concept", pa.string()),
        ("group", pa.string()),
        ("split", pa.string()),
    ]
)


def text_of_caption(caption: str) -> str:
    """Return Data-Juicer's text of a one-image sample: `<__dj__image>`, newline, caption, ` <|__dj__eoc|>`."""
    return f"{IMAGE_TOKEN}\n{caption} {EOC_TOKEN}"


def caption_of_text(text: str) -> str:
    """Return the text without special tokens and surrounding white space (the inverse of `text_of_caption`)."""
    return text.replace(IMAGE_TOKEN, "").replace(EOC_TOKEN, "").strip()
