"""Sign boards: small pictures of one to three coloured signs with a word each, and the question asked about them.

They stand for TextVQA's photographs: the words have to be read (or copied from the OCR tokens of the prompt) and, where a
board carries several signs, the right one has to be picked by place or by colour.
The only font is the one inside Pillow (Aileron), so that nothing of the system decides how a board looks.
"""

from __future__ import annotations

import colorsys
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bettersynth.data.questions.prompts import SIGN_COLORS, SIGN_QUESTIONS
from bettersynth.errors import UserError

MIN_SIDE, MAX_SIDE = 128, 160  # pixels
SCALE = 3  # drawn this much larger, then reduced: smooth edges at any size
MAX_SIGNS = 3
JPEG_QUALITY = 92
BLUR_PIXELS = 1.2  # radius of the strongest blur
GRAIN = 16.0  # standard deviation of the strongest grain, of 255
# hue, saturation and value in [0, 1], and how far each may stray; the ranges of two colours never meet
COLOR_HSV = {
    "red": ((0.990, 0.88, 0.80), (0.012, 0.10, 0.10)),
    "orange": ((0.078, 0.92, 0.96), (0.010, 0.07, 0.04)),
    "yellow": ((0.148, 0.85, 0.97), (0.012, 0.10, 0.03)),
    "green": ((0.370, 0.75, 0.55), (0.035, 0.15, 0.10)),
    "blue": ((0.600, 0.82, 0.75), (0.025, 0.12, 0.12)),
    "purple": ((0.780, 0.65, 0.62), (0.025, 0.12, 0.10)),
    "white": ((0.120, 0.02, 0.98), (0.100, 0.02, 0.02)),
    "black": ((0.600, 0.10, 0.09), (0.300, 0.10, 0.05)),
}
DARK_TEXT = ("white", "yellow", "orange")  # these carry dark letters, the others light ones
BENCHMARK_WORD_MODULUS = (
    3  # one word in three belongs to the benchmark's boards, the others to the instruction data's
)


@dataclass(frozen=True)
class Board:
    """One drawn board. `words`, `colors` and `texts` (the words as drawn: upper, title or lower case) run from top to bottom."""

    jpeg: bytes
    width: int
    height: int
    words: tuple[str, ...]
    colors: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class BoardQuestion:
    """A board with its question; `kind` is a key of `SIGN_QUESTIONS`, `answer` the word asked for in lower case."""

    board: Board
    kind: str
    question: str
    answer: str


@lru_cache(maxsize=1)
def sign_words() -> tuple[str, ...]:
    """Return all words that a sign may carry: lower case, sorted, 3 to 9 letters."""
    text = (
        resources.files("bettersynth.data.questions")
        .joinpath("sign_words.txt")
        .read_text(encoding="utf-8")
    )
    return tuple(text.split())


def benchmark_words() -> tuple[str, ...]:
    """Return the words of the benchmark's boards; no instruction board carries one, so reading them is not recalling them."""
    return tuple(
        word for word in sign_words() if zlib.crc32(word.encode()) % BENCHMARK_WORD_MODULUS == 0
    )


def instruction_words() -> tuple[str, ...]:
    """Return the words of the instruction data's boards: all those that are not in `benchmark_words()`."""
    return tuple(
        word for word in sign_words() if zlib.crc32(word.encode()) % BENCHMARK_WORD_MODULUS != 0
    )


def color_of(name: str, rng: np.random.Generator) -> tuple[int, int, int]:
    """Return a shade (RGB, 0-255) of one of `SIGN_COLORS`."""
    centre, spread = COLOR_HSV[name]
    hue, saturation, value = (
        c + s * rng.uniform(-1, 1) for c, s in zip(centre, spread, strict=True)
    )
    return _rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))


def _rgb(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_board(words: Sequence[str], colors: Sequence[str], rng: np.random.Generator) -> Board:
    """Draw `words` from top to bottom on signs of `colors`, on a wall of its own: both sides 128 to 160 pixels, JPEG.

    Place, size, tilt, case, weight, border, shadow and wall are drawn from `rng`.

    Raises:
        ValueError: not one to three words, or not as many colours.
    """
    if not 1 <= len(words) <= MAX_SIGNS or len(words) != len(colors):
        raise ValueError(
            f"{len(words)} words and {len(colors)} colours; a board has 1 to {MAX_SIGNS} of both"
        )
    width, height = (int(side) for side in rng.integers(MIN_SIDE, MAX_SIDE + 1, 2))
    picture = _wall(width, height, rng).resize(
        (width * SCALE, height * SCALE), Image.Resampling.BILINEAR
    )
    case = ("upper", "title", "lower")[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    texts = tuple(getattr(word, case)() for word in words)
    weights = rng.uniform(1.0, 1.6, len(words))
    edges = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()]) * 0.92 + 0.04
    for text, color, top, bottom in zip(texts, colors, edges[:-1], edges[1:], strict=True):
        _paste_sign(picture, text, color, top * height * SCALE, bottom * height * SCALE, rng)
    picture = _photograph(picture.resize((width, height), Image.Resampling.LANCZOS), rng)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=JPEG_QUALITY)
    return Board(stream.getvalue(), width, height, tuple(words), tuple(colors), texts)


def _paste_sign(
    picture: Image.Image, text: str, color: str, top: float, bottom: float, rng: np.random.Generator
) -> None:
    """Put one sign between the rows `top` and `bottom` of `picture` (all in enlarged pixels)."""
    slot = bottom - top
    sign = _sign(text, color, picture.width, slot, rng)
    if rng.random() < 0.5:
        room = max(0.0, slot - sign.height) / max(
            1, sign.width
        )  # a tilt must not reach into the next sign
        limit = min(5.0, float(np.degrees(np.arctan(room))))
        sign = sign.rotate(rng.uniform(-limit, limit), Image.Resampling.BICUBIC, expand=True)
    left = int(rng.integers(0, max(1, picture.width - sign.width)))
    upper = int(top + rng.uniform(0, max(1.0, slot - sign.height)))
    if rng.random() < 0.5:
        shadow = Image.new("RGBA", sign.size, (0, 0, 0, 0))
        shadow.putalpha(sign.getchannel("A").point(lambda a: a * 2 // 5))
        offset = int(rng.integers(1, 3)) * SCALE
        picture.paste(shadow, (left + offset, upper + offset), shadow)
    picture.paste(sign, (left, upper), sign)


def _sign(
    text: str, color: str, board_width: int, slot: float, rng: np.random.Generator
) -> Image.Image:
    """Return one sign with its word as RGBA, at most `board_width` x `slot` enlarged pixels."""
    height = int(min(slot * rng.uniform(0.62, 0.88), 56 * SCALE))
    size = max(12 * SCALE, height * rng.uniform(0.55, 0.72))
    bold = int(rng.integers(0, 2)) * SCALE // 2
    limit = board_width * rng.uniform(0.84, 0.94)
    while True:
        font = ImageFont.load_default(size)
        left, upper, right, lower = font.getbbox(text, stroke_width=bold)
        if right - left <= limit * 0.92 or size <= 8 * SCALE:
            break
        size *= 0.94
    width = int(min(limit, (right - left) * rng.uniform(1.12, 1.5) + 4 * SCALE))
    height = max(height, int((lower - upper) * 1.25))
    fill = color_of(color, rng)
    ink = (
        (255, 255, 250) if color not in DARK_TEXT else tuple(int(v) for v in rng.integers(5, 40, 3))
    )
    sign = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(sign)
    radius = int(rng.choice([0, 0, height // 10, height // 5]))
    border = int(rng.choice([0, 1, 2])) * SCALE
    draw.rounded_rectangle(
        (0, 0, width - 1, height - 1),
        radius,
        fill=(*fill, 255),
        outline=(*ink, 255) if border else None,
        width=max(1, border),
    )
    at = ((width - right + left) / 2 - left, (height - lower + upper) / 2 - upper)
    draw.text(at, text, font=font, fill=(*ink, 255), stroke_width=bold, stroke_fill=(*ink, 255))
    return sign


def _wall(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """Return a background of muted colour, neither as light as a white sign nor as dark as a black one."""
    hue, saturation, value = rng.uniform(0, 1), rng.uniform(0.0, 0.28), rng.uniform(0.38, 0.78)
    base = np.array(_rgb(hue, saturation, value), np.float32)
    rows, columns = np.mgrid[0:height, 0:width]
    light = np.ones((height, width), np.float32)
    kind = int(rng.integers(0, 5))
    if kind == 1:  # light falling from one side
        angle = rng.uniform(0, 2 * np.pi)
        light += 0.22 * (
            np.cos(angle) * (columns / width - 0.5) + np.sin(angle) * (rows / height - 0.5)
        )
    elif kind == 2:  # bricks
        tall = int(rng.integers(7, 14))
        row = rows // tall
        across = columns + (row % 2) * tall
        light -= 0.16 * ((rows % tall == 0) | (across % (2 * tall) == 0))
        light += rng.uniform(-0.05, 0.05, (height // tall + 1, width // (2 * tall) + 2))[
            row, across // (2 * tall)
        ]
    elif kind == 3:  # planks
        wide = int(rng.integers(14, 30))
        light -= 0.16 * (columns % wide == 0)
        light += rng.uniform(-0.07, 0.07, width // wide + 1)[columns // wide]
    elif kind == 4:  # horizon: two tones
        light[int(height * rng.uniform(0.55, 0.85)) :] *= rng.uniform(0.70, 0.85)
    texture = rng.normal(0, rng.uniform(1.0, 7.0), (height, width, 1))
    return Image.fromarray(
        np.clip(base * light[..., None] + texture, 0, 255).astype(np.uint8), "RGB"
    )


def _photograph(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture as a camera might: four in ten a little out of focus, four in ten with grain, each in its own light."""
    if rng.random() < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, BLUR_PIXELS)))
    pixels = np.asarray(picture, np.float64) * rng.uniform(0.82, 1.04)
    if rng.random() < 0.4:
        pixels += rng.normal(0, rng.uniform(3.0, GRAIN), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def kinds_by_share(shares: Mapping[str, float], count: int, where: str) -> list[str]:
    """Return `count` question kinds in the proportions of `shares` (largest remainders first; not shuffled).

    Raises:
        UserError: a kind is unknown, or the shares are negative or add up to nothing.
    """
    unknown = sorted(set(shares) - set(SIGN_QUESTIONS))
    if unknown:
        raise UserError(f"{where} has no kind {unknown[0]}; kinds are: {', '.join(SIGN_QUESTIONS)}")
    return share_out(shares, count, where)


def share_out(shares: Mapping[str, float], count: int, where: str) -> list[str]:
    """Return `count` keys of `shares` in its proportions, in its order, remainders to the largest fractions.

    Raises:
        UserError: a share is negative, or they add up to nothing.
    """
    total = sum(shares.values())
    if total <= 0 or min(shares.values()) < 0:
        raise UserError(
            f"{where} must hold shares of 0 or more, one of them above 0; found {dict(shares)}"
        )
    exact = {key: count * share / total for key, share in shares.items()}
    counts = {key: int(value) for key, value in exact.items()}
    order = sorted(exact, key=lambda key: (counts[key] - exact[key], list(shares).index(key)))
    for key in order[: count - sum(counts.values())]:
        counts[key] += 1
    return [key for key in shares for _ in range(counts[key])]


def board_questions(
    count: int,
    words: Sequence[str],
    shares: Mapping[str, float],
    rng: np.random.Generator,
    where: str,
) -> Iterator[BoardQuestion]:
    """Yield `count` boards with one question each, kinds in the proportions of `shares`, all `words` used about equally often.

    `only` boards carry one sign; the others two or three, all of different words and colours.

    Raises:
        UserError: an unknown kind or bad shares (named at `where`), or too few words.
    """
    if len(words) < MAX_SIGNS:
        raise UserError(
            f"{where}: {len(words)} words are left for sign boards; at least {MAX_SIGNS} are needed"
        )
    kinds = rng.permutation(kinds_by_share(shares, count, where))
    deck: list[str] = []
    for kind in map(str, kinds):
        signs = 1 if kind == "only" else int(rng.integers(2, MAX_SIGNS + 1))
        if len(deck) < signs:  # the fresh cards go below the rest
            deck = [*map(str, rng.permutation(words)), *deck]
        chosen: list[str] = []
        while len(chosen) < signs:
            chosen.append(deck.pop(max(k for k, word in enumerate(deck) if word not in chosen)))
        colors = [str(color) for color in rng.choice(SIGN_COLORS, signs, replace=False)]
        asked = {"only": 0, "top": 0, "bottom": signs - 1}.get(kind, int(rng.integers(signs)))
        question = SIGN_QUESTIONS[kind].format(color=colors[asked])
        yield BoardQuestion(draw_board(chosen, colors, rng), kind, question, chosen[asked])
