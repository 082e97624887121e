"""Known faults, planted in good samples: what a filter is worth is whether it finds them.

The same seed gives the same bytes.
"""

from __future__ import annotations

import io
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from bettersynth.data.samples.batch import Tokens

# JPEG quality of every stored picture, with a fault or without: file sizes must tell nothing
QUALITY = 90
DUPLICATE_QUALITY = 75
# of the sides of a copy
DUPLICATE_SCALE = 0.97
# radius of the blur, as a share of the longer side
BLUR_SHARE = 0.015
WATERMARK = "stock preview"
ARTEFACT_QUALITY = 8
CONTRAST_LEFT = 0.05


@dataclass(frozen=True)
class Sample:
    """A sample in memory."""

    id: str
    text: str  # with special tokens
    pictures: tuple[Image.Image, ...]  # RGB
    quality: int = QUALITY  # of the JPEG files that it is stored as

    def files(self) -> list[bytes]:
        """Return its pictures as files."""
        return [jpeg(picture, self.quality) for picture in self.pictures]


Plant = Callable[[Sequence[Sample], Tokens, np.random.Generator], list[Sample]]


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """Return a picture as a JPEG file of a quality from 1 to 95."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def on_words(text: str, tokens: Tokens, change: Callable[[str], str]) -> str:
    """Return `text` with what stands between special tokens changed."""
    parts = re.split(f"({re.escape(tokens.image)}|{re.escape(tokens.eoc)})", text)
    changed: list[str] = []
    for part in parts:
        untouched = part in (tokens.image, tokens.eoc) or not part.strip()
        changed.append(part if untouched else change(part))
    return "".join(changed)


def swapped(samples: Sequence[Sample], tokens: Tokens, rng: np.random.Generator) -> list[Sample]:
    """Return samples that each carry the text of another one."""
    order = rng.permutation(len(samples))
    # Each takes the text of its follower in a random circle, so that none keeps its own
    donors = dict(zip(order.tolist(), np.roll(order, -1).tolist(), strict=True))
    swapped_samples: list[Sample] = []
    for position, sample in enumerate(samples):
        swapped_samples.append(replace(sample, text=samples[donors[position]].text))
    return swapped_samples


def gibberish(samples: Sequence[Sample], tokens: Tokens, rng: np.random.Generator) -> list[Sample]:
    """Return samples in which every letter is a random one; lengths, spaces, capitals stay."""

    def change(words: str) -> str:
        # one draw a character, also for spaces: later draws follow from the length alone
        drawn = rng.integers(0, 26, len(words))
        changed: list[str] = []
        for character, number in zip(words, drawn, strict=True):
            letters = string.ascii_uppercase if character.isupper() else string.ascii_lowercase
            changed.append(letters[number] if character.isalpha() else character)
        return "".join(changed)

    return [replace(sample, text=on_words(sample.text, tokens, change)) for sample in samples]


def near_duplicate(
    samples: Sequence[Sample], tokens: Tokens, rng: np.random.Generator
) -> list[Sample]:
    """Return a copy of each sample, with one more word in the text.

    Its pictures are a little smaller and harder compressed.
    """

    def smaller(picture: Image.Image) -> Image.Image:
        sides = [max(1, round(side * DUPLICATE_SCALE)) for side in picture.size]
        return picture.resize(sides, Image.Resampling.LANCZOS)

    def longer(words: str) -> str:
        without_space = words.rstrip()
        return f"{without_space} again{words[len(without_space) :]}"

    copies: list[Sample] = []
    for sample in samples:
        text = on_words(sample.text, tokens, longer)
        pictures = tuple(map(smaller, sample.pictures))
        copies.append(Sample(f"{sample.id} copy", text, pictures, DUPLICATE_QUALITY))
    return copies


def _on_pictures(change: Callable[[Image.Image], Image.Image]) -> Plant:
    """Return what changes every picture of every sample."""

    def plant(samples: Sequence[Sample], tokens: Tokens, rng: np.random.Generator) -> list[Sample]:
        changed: list[Sample] = []
        for sample in samples:
            changed.append(replace(sample, pictures=tuple(map(change, sample.pictures))))
        return changed

    return plant


def blurred(picture: Image.Image) -> Image.Image:
    """Return the picture out of focus."""
    radius = max(1.0, BLUR_SHARE * max(picture.size))  # pixels
    return picture.filter(ImageFilter.GaussianBlur(radius))


def watermarked(picture: Image.Image) -> Image.Image:
    """Return the picture under rows of half transparent grey words."""
    size = max(8, max(picture.size) // 12)  # pixels
    font = ImageFont.load_default(size)
    layer = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(layer)
    width = int(draw.textlength(WATERMARK, font=font)) + size
    for row, top in enumerate(range(0, picture.height, 3 * size)):
        # every other row is shifted by half a word
        first_left = -(row % 2) * width // 2
        for left in range(first_left, picture.width, width):
            draw.text((left, top), WATERMARK, font=font, fill=(128, 128, 128, 150))
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def with_artefacts(picture: Image.Image) -> Image.Image:
    """Return the picture as JPEG of a very low quality leaves it."""
    return Image.open(io.BytesIO(jpeg(picture, ARTEFACT_QUALITY))).convert("RGB")


def bordered(picture: Image.Image) -> Image.Image:
    """Return the picture between black bars, as wide as a fifth of it, above and below."""
    bar = max(2, picture.height // 5)  # pixels
    return ImageOps.expand(picture, (0, bar), "black")


def faded(picture: Image.Image) -> Image.Image:
    """Return the picture near to one colour: a twentieth of its contrast is left."""
    grey = Image.new("RGB", picture.size, (128, 128, 128))
    return Image.blend(grey, picture, CONTRAST_LEFT)


def thin(picture: Image.Image) -> Image.Image:
    """Return a strip from the middle of the picture, an eighth of it high."""
    height = max(1, picture.height // 8)  # pixels
    top = (picture.height - height) // 2
    return picture.crop((0, top, picture.width, top + height))


FAULTS: dict[str, Plant] = {
    "swapped caption": swapped,
    "gibberish": gibberish,
    "blur": _on_pictures(blurred),
    "watermark": _on_pictures(watermarked),
    "upside down": _on_pictures(ImageOps.flip),
    "JPEG artefacts": _on_pictures(with_artefacts),
    "border": _on_pictures(bordered),
    "near one colour": _on_pictures(faded),
    "odd size": _on_pictures(thin),
    "near-duplicate": near_duplicate,
}
