"""Known faults, planted in good samples: what a filter is worth is whether it finds them. The same bytes for the same seed."""

from __future__ import annotations

import io
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from bettersynth.data.samples.batch import Tokens

QUALITY = 90  # of every stored picture, with a fault or without, so that file sizes tell nothing
DUPLICATE_QUALITY, DUPLICATE_SCALE = 75, 0.97
BLUR_SHARE = 0.015  # radius of the blur, as a share of the longer side
WATERMARK = "stock preview"


@dataclass(frozen=True)
class Sample:
    """A sample in memory: its text with special tokens, its decoded RGB pictures, and how they are stored."""

    id: str
    text: str
    pictures: tuple[Image.Image, ...]
    quality: int = QUALITY

    def files(self) -> list[bytes]:
        return [jpeg(picture, self.quality) for picture in self.pictures]


def jpeg(picture: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def on_words(text: str, tokens: Tokens, change: Callable[[str], str]) -> str:
    """Return `text` with what stands between special tokens changed."""
    parts = re.split(f"({re.escape(tokens.image)}|{re.escape(tokens.eoc)})", text)
    return "".join(
        part if part in (tokens.image, tokens.eoc) or not part.strip() else change(part)
        for part in parts
    )


def swapped(samples: Sequence[Sample], tokens: Tokens, rng: np.random.Generator) -> list[Sample]:
    """Each sample carries the text of another one."""
    order = rng.permutation(len(samples))
    following = dict(zip(order.tolist(), np.roll(order, -1).tolist(), strict=True))
    return [replace(sample, text=samples[following[k]].text) for k, sample in enumerate(samples)]


def gibberish(samples: Sequence[Sample], tokens: Tokens, rng: np.random.Generator) -> list[Sample]:
    """Every letter is a random one; lengths, spaces and capitals stay."""

    def change(part: str) -> str:
        letters = rng.integers(0, 26, len(part))
        drawn = (string.ascii_uppercase if c.isupper() else string.ascii_lowercase for c in part)
        return "".join(
            alphabet[k] if c.isalpha() else c
            for c, k, alphabet in zip(part, letters, drawn, strict=True)
        )

    return [replace(sample, text=on_words(sample.text, tokens, change)) for sample in samples]


def near_duplicate(
    samples: Sequence[Sample], tokens: Tokens, rng: np.random.Generator
) -> list[Sample]:
    """A copy of each sample: pictures a little smaller and harder compressed, one more word in the text."""

    def smaller(picture: Image.Image) -> Image.Image:
        return picture.resize(
            [max(1, round(side * DUPLICATE_SCALE)) for side in picture.size],
            Image.Resampling.LANCZOS,
        )

    def longer(part: str) -> str:
        return f"{part.rstrip()} again{part[len(part.rstrip()) :]}"

    return [
        Sample(
            f"{sample.id} copy",
            on_words(sample.text, tokens, longer),
            tuple(map(smaller, sample.pictures)),
            DUPLICATE_QUALITY,
        )
        for sample in samples
    ]


def _on_pictures(
    change: Callable[[Image.Image], Image.Image],
) -> Callable[[Sequence[Sample], Tokens, np.random.Generator], list[Sample]]:
    return lambda samples, tokens, rng: [
        replace(sample, pictures=tuple(map(change, sample.pictures))) for sample in samples
    ]


def blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(max(1.0, BLUR_SHARE * max(picture.size))))


def watermarked(picture: Image.Image) -> Image.Image:
    """Return the picture under rows of half transparent grey words."""
    size = max(8, max(picture.size) // 12)
    font = ImageFont.load_default(size)
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    width = int(draw.textlength(WATERMARK, font=font)) + size
    for row, top in enumerate(range(0, picture.height, 3 * size)):
        for left in range(-(row % 2) * width // 2, picture.width, width):
            draw.text((left, top), WATERMARK, font=font, fill=(128, 128, 128, 150))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


FAULTS: dict[str, Callable[[Sequence[Sample], Tokens, np.random.Generator], list[Sample]]] = {
    "swapped caption": swapped,
    "gibberish": gibberish,
    "blur": _on_pictures(blurred),
    "watermark": _on_pictures(watermarked),
    "upside down": _on_pictures(ImageOps.flip),
    "near-duplicate": near_duplicate,
}
