"""Make samples of English texts with words and letters deleted, swapped, split or mistyped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bettersynth.measuring.text.augmenting import (
    AugmentedSamples,
    AugmentSettings,
    Draws,
    quiet_packages,
    require_package,
)

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
VERSION = 1
READS = ("text",)
WHERE = "nlpaug_en_mapper"
# settings in the order in which they are used: nlpaug's class, and what it does ("" where one only)
METHODS: dict[str, tuple[str, str]] = {
    "delete_random_word": ("RandomWordAug", "delete"),
    "swap_random_word": ("RandomWordAug", "swap"),
    "spelling_error_word": ("SpellingAug", ""),
    "split_random_word": ("SplitAug", ""),
    "keyboard_error_char": ("KeyboardAug", ""),
    "ocr_error_char": ("OcrAug", ""),
    "delete_random_char": ("RandomCharAug", "delete"),
    "swap_random_char": ("RandomCharAug", "swap"),
    "insert_random_char": ("RandomCharAug", "insert"),
}


@dataclass(frozen=True)
class Settings(AugmentSettings):
    """Words are changed by nlpaug's own defaults."""

    OPERATOR: ClassVar[str] = WHERE
    METHODS: ClassVar[Iterable[str]] = METHODS

    delete_random_word: bool = False
    swap_random_word: bool = False
    spelling_error_word: bool = False
    split_random_word: bool = False
    keyboard_error_char: bool = False
    ocr_error_char: bool = False
    delete_random_char: bool = False
    swap_random_char: bool = False
    insert_random_char: bool = False


def open_maker(settings: Settings, folder: Path) -> AugmentedSamples:
    """Return what changes texts during one run; nothing is written into `folder`.

    Raises:
        UserError: nlpaug is not installed.
    """
    augmenters, flow = _augmenters(settings) if settings.methods else ([], None)

    def augment(text: str, draws: Draws) -> list[str]:
        for augmenter in augmenters:
            # on the object, over the class's own, which draws from Python's and numpy's generators
            augmenter.sample = draws.sample
        if flow is not None:
            return list(flow.augment(text, n=settings.aug_num))
        texts: list[str] = []
        for augmenter in augmenters:
            texts += augmenter.augment(text, n=settings.aug_num)
        return texts

    return AugmentedSamples(augment, settings.seed)


def _augmenters(settings: Settings) -> tuple[list[Any], Any]:
    """Return nlpaug's object of each method that is on, and the one of all in turn, if any."""
    require_package("nlpaug", WHERE)
    with quiet_packages():
        from nlpaug.augmenter import char, word
        from nlpaug.flow import Sequential
    augmenters = []
    for name in settings.methods:
        kind, action = METHODS[name]
        of_words = getattr(word, kind, None)
        made = (of_words or getattr(char, kind))(**({"action": action} if action else {}))
        if kind == "SpellingAug":
            # as sets gave them in this process: sorted, all processes draw the same
            model = made.model.dict
            made.model.dict = {right: sorted(set(wrong)) for right, wrong in model.items()}
        augmenters.append(made)
    return augmenters, Sequential(augmenters) if settings.sequential else None
