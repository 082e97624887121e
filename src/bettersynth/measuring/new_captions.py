"""New captions in the place of a sample's own words: what the captioning mappers share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from bettersynth.data.samples.batch import Batch, Tokens
from bettersynth.data.samples.text_form import OTHER_TOKENS


class Wanted(NamedTuple):
    """One picture of a sample that is to be described."""

    position: int  # of the sample in its batch
    image: str
    words: str  # of the picture's chunk


def wanted_captions(batch: Batch) -> tuple[list[Wanted], dict[int, str]]:
    """Return every picture that an image token stands for, in order.

    Beside them stand the reasons of samples with more tokens than pictures, by position.
    """
    wanted: list[Wanted] = []
    bad: dict[int, str] = {}
    for position, (text, names) in enumerate(zip(batch.texts, batch.images, strict=True)):
        if not names:
            continue
        of_sample: list[Wanted] = []
        offset = 0
        for chunk in batch.tokens.chunks(text):
            count = chunk.count(batch.tokens.image)
            words = batch.tokens.strip(chunk)
            for name in names[offset : offset + count]:
                of_sample.append(Wanted(position, name, words))
            offset += count
        if offset > len(names):
            bad[position] = "more image tokens than pictures"
        else:
            wanted += of_sample
    return wanted, bad


def text_with_captions(text: str, captions: Sequence[str], tokens: Tokens, compat: str = "") -> str:
    """Return the special tokens of `text` with ` caption ` after each image token.

    Each chunk that is not blank is closed; all other words go. `compat: data_juicer` puts all
    captions of a chunk behind its first image token, the last one first.
    """
    special = re.compile("|".join(map(re.escape, (tokens.image, *OTHER_TOKENS))))
    left = list(captions)
    written: list[str] = []
    for chunk in tokens.chunks(text):
        if not chunk.strip():
            continue
        count = chunk.count(tokens.image)
        own = left[:count]
        left = left[count:]
        if compat == "data_juicer" and own:
            together = "  ".join(reversed(own))
            own = [together, *[""] * (count - 1)]
        following = iter(own)
        for token in special.findall(chunk):
            caption = next(following, "") if token == tokens.image else ""
            written.append(f"{token} {caption} " if caption else token)
        written.append(tokens.eoc)
    return "".join(written)


def prompts_of(batch: Batch, prompt: str | None, prompt_key: str | None) -> list[str]:
    """Return each sample's prompt: its field `prompt_key` where that is text, else `prompt`."""
    general = prompt or ""
    if not prompt_key:
        return [general] * len(batch)
    own = [row.get(prompt_key) for row in batch.rows]
    return [value if isinstance(value, str) and value else general for value in own]


def by_sample(
    wanted: Sequence[Wanted], values: Sequence[list[str]], samples: int
) -> list[list[list[str]]]:
    """Return the values of the pictures of each sample, `[samples][pictures][any]`."""
    pictures: list[list[list[str]]] = [[] for _ in range(samples)]
    for place, value in zip(wanted, values, strict=True):
        pictures[place.position].append(value)
    return pictures


def bad_pictures(wanted: Sequence[Wanted], reasons: dict[str, str]) -> dict[int, str]:
    """Return the reasons of the samples that show one of the pictures in `reasons`."""
    bad: dict[int, str] = {}
    for place in wanted:
        if place.image in reasons:
            bad[place.position] = f"image {place.image}: {reasons[place.image]}"
    return bad
