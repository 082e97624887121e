"""Keep samples whose text has a share of stop words in a range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.operators.batch import Batch
from bettersynth.operators.protocols import Values
from bettersynth.operators.ranges import Ends, in_range
from bettersynth.operators.word_lists import hash_of_lists, listed_share, load_words

VERSION = 1
READS = ("text",)
STATS = ("stopwords_ratio",)
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`stopwords_dir` holds the lists as json, `lang` chooses one; `use_words_aug` also counts joined runs of words."""

    lang: str = "en"
    tokenization: bool = False
    tokenizer: str = ""
    stopwords_dir: str = ""
    use_words_aug: bool = False
    words_aug_group_sizes: tuple[int, ...] = (2,)
    words_aug_join_char: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    min_ratio: float = 0.3
    max_ratio: float = 1.0


def model_hash(settings: Measuring) -> str:
    return hash_of_lists(settings.stopwords_dir)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `stopwords_ratio` in [0, 1] of each text."""
    listed = load_words(settings.stopwords_dir, "stopwords", settings.lang)
    sizes = settings.words_aug_group_sizes if settings.use_words_aug else ()
    pieces = settings.tokenizer if settings.tokenization else ""
    return {"stopwords_ratio": [listed_share(text, listed, pieces, sizes, settings.words_aug_join_char) for text in batch.texts]}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    return in_range(values["stopwords_ratio"], settings.min_ratio, settings.max_ratio, settings)
