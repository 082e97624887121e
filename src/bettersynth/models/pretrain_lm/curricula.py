"""Which tasks come when, and how hard their pictures are.

A curriculum takes `progress`, 0 to 1 of the steps, and the shares of the steps at which its stages
end. One-word options first was measured to matter (docs/log.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from bettersynth.models.pretrain_lm.rows import Mixture

# in root mean squares of an embedding, as `Mixture.noise`
FULL_NOISE = 1.5

BINDING = {"drill": 1.0}
LETTERS = {"letters": 0.5, "drill": 0.2, "describe": 0.3}
SIGNS = {"letters": 0.3, "drill": 0.05, "describe": 0.25, "signs": 0.2, "color_drill": 0.2}
EVERYTHING = {"letters": 0.35, "describe": 0.3, "signs": 0.25, "color_drill": 0.1}

COLOR_CHAINS = {"color_chain": 0.6, "letters": 0.15, "signs": 0.1, "describe": 0.15}
COLOR_PAIRS = {
    "color_chain": 0.15,
    "color_pairs": 0.35,
    "color": 0.25,
    "letters": 0.1,
    "signs": 0.05,
    "describe": 0.1,
}
NOISY_COLORS = {
    "color_pairs": 0.15,
    "color": 0.2,
    "letters": 0.22,
    "signs": 0.15,
    "describe": 0.28,
}

CLEAN_THINGS = {"things": 0.7, "letters": 0.15, "describe": 0.15}
NOISY_THINGS = {"things": 0.4, "letters": 0.25, "describe": 0.2, "signs": 0.15}


def first_curriculum(progress: float, phases: Sequence[float]) -> Mixture:
    """All tasks but the colours.

    Words are bound to letters; then one-word options on clean slots; then signs too; then
    everything, with multi-word names, noise and clutter growing from nothing to full.
    """
    binding_end, letters_end, signs_end, ramp_end = phases
    if progress < signs_end:
        shares = SIGNS
        if progress < binding_end:
            shares = BINDING
        elif progress < letters_end:
            shares = LETTERS
        return Mixture(shares=shares, multi_word=0.0, noise=0.0, clutter=0.0, max_signs=2)
    # 0 at the end of the signs, 1 at the end of the ramp and after it
    ramp = min(1.0, (progress - signs_end) / (ramp_end - signs_end))
    return Mixture(shares=EVERYTHING, multi_word=ramp, noise=FULL_NOISE * ramp, clutter=ramp)


def color_curriculum(progress: float, phases: Sequence[float]) -> Mixture:
    """The colours, while the other tasks go on.

    Colour to place to word; then the place is left out; then the same on noisy boards.
    """
    two_signs_end, chains_end, plain_end = phases
    if progress < chains_end:
        max_signs = 2 if progress < two_signs_end else 3
        return Mixture(shares=COLOR_CHAINS, plain_colors=True, max_signs=max_signs)
    if progress < plain_end:
        return Mixture(shares=COLOR_PAIRS, plain_colors=True)
    return Mixture(shares=NOISY_COLORS, color=0.2)


def thing_curriculum(progress: float, phases: Sequence[float]) -> Mixture:
    """The thing among signs, while the other tasks go on.

    On clean slots first; then with signs too, and noise and clutter growing from nothing to full.
    """
    clean_end, ramp_end = phases
    if progress < clean_end:
        return Mixture(shares=CLEAN_THINGS, noise=0.0, clutter=0.0, clean=1.0)
    ramp = min(1.0, (progress - clean_end) / (ramp_end - clean_end))
    return Mixture(shares=NOISY_THINGS, noise=FULL_NOISE * ramp, clutter=ramp, color=0.2)
