"""Simulated pictures: what a projector may later make of an image, as a soft bag of words.

Every draw comes from the `random.Random` handed in, in a fixed order: the committed decoder can be
trained again to the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from bettersynth.models.pretrain_lm.rows import BLEND, SIDE, SLOTS, Mixture, Picture, Tokens

Slot = tuple[list[int], list[float]]
"""Token ids of the words in one slot, and their weights."""

# how often the word beside a board's colours is "sign" and no random one
SIGN_SHARE = 0.7


def bag_of_words(
    rng: random.Random, content: Tokens, words: Sequence[int], mixture: Mixture
) -> Picture:
    """Return slots that hold `content`: one word each, or every slot a blend of all.

    Some are empty, some hold one of `words` that has nothing to do with it.
    """
    if len(content) > SLOTS:
        content = tuple(rng.sample(content, SLOTS))
    clutter = mixture.clutter
    blended = rng.random() < 0.3 * clutter
    empty_share = rng.random() * 0.4 * clutter
    distractor_share = rng.random() * 0.3 * clutter
    mixed_share = rng.random() * clutter
    # words have no fixed place in the grid
    order = list(range(SLOTS))
    rng.shuffle(order)
    picture = Picture([], [])
    for position in order:
        main = content[position % len(content)]
        # each word stands in one slot at least
        is_needed = position < len(content)
        if not is_needed and rng.random() < empty_share:
            slot: Slot = ([], [])
        elif not is_needed and rng.random() < distractor_share:
            slot = ([rng.choice(words)], [1.0])
        elif blended:
            slot = _blend(rng, content, words)
        elif rng.random() < mixed_share:
            share = 0.5 + 0.5 * rng.random()
            other = rng.choice(content if rng.random() < 0.5 else words)
            slot = ([main, other], [share, 1 - share])
        else:
            slot = ([main], [1.0])
        _add(picture, slot)
    return picture


def _blend(rng: random.Random, content: Tokens, words: Sequence[int]) -> Slot:
    """Return words of the content and a foreign one, in random shares."""
    own = rng.sample(content, min(len(content), BLEND - 1))
    ids = [*own, rng.choice(words)]
    weights = [rng.random() + 0.1 for _ in own]
    weights.append(0.5 * rng.random())
    total = sum(weights)
    return ids, [weight / total for weight in weights]


def sign_board(
    rng: random.Random, colors: Sequence[int], sign: int, words: Sequence[int], mixture: Mixture
) -> Picture:
    """Return the slots of a board with a sign of each colour, from the top down.

    A row of the grid holds the colours of the signs in its height band, by their share of it.
    `colors`, `sign` and `words` are token ids.
    """
    edges = _band_edges(rng, len(colors), mixture)
    picture = Picture([], [])
    for slot in range(SLOTS):
        top = slot // SIDE
        # the rest of a slot is what else could be seen there
        strength = 1.0 - 0.5 * mixture.clutter * rng.random()
        ids = list(colors)[:BLEND]
        weights = []
        for upper, lower in zip(edges, edges[1:], strict=False):
            # how much of this row of the grid lies in the sign's band
            share = max(0.0, min(top + 1, lower) - max(top, upper))
            weights.append(strength * share)
        weights = weights[:BLEND]
        if len(ids) < BLEND:
            ids.append(sign if rng.random() < SIGN_SHARE else rng.choice(words))
            weights.append(1.0 - strength)
        _add(picture, (ids, weights))
    return picture


def _band_edges(rng: random.Random, signs: int, mixture: Mixture) -> list[float]:
    """Return where each sign's band begins, in rows of the grid, and where the last one ends."""
    # signs of a real board are not equally high
    heights = [1.0 + 0.6 * mixture.clutter * rng.random() for _ in range(signs)]
    return [SIDE * sum(heights[:sign]) / sum(heights) for sign in range(signs + 1)]


def _add(picture: Picture, slot: Slot) -> None:
    ids, weights = slot
    missing = BLEND - len(ids)
    picture.ids.append(ids + [0] * missing)
    picture.weights.append(weights + [0.0] * missing)
