"""Make samples of English texts with words and letters deleted, swapped, split or mistyped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError
from bettersynth.measuring.text.augmenting import (
    AugmentedSamples,
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
class Settings:
    """`aug_num` new texts by each method that is on, or with `sequential` by all of them in turn,
    in this order. Words are changed by nlpaug's own defaults.
    """

    sequential: bool = False
    aug_num: int = 1
    keep_original_sample: bool = True
    delete_random_word: bool = False
    swap_random_word: bool = False
    spelling_error_word: bool = False
    split_random_word: bool = False
    keyboard_error_char: bool = False
    ocr_error_char: bool = False
    delete_random_char: bool = False
    swap_random_char: bool = False
    insert_random_char: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.aug_num < 1:
            raise UserError(f"{WHERE}: aug_num is {self.aug_num}; it must be 1 or more")

    @property
    def methods(self) -> list[str]:
        """The methods that are on, in the order in which they are used."""
        return [name for name in METHODS if getattr(self, name)]


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
