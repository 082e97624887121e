"""Keep samples whose letters follow each other as English letters do: gibberish does not."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range

VERSION = 1
READS = ("text",)
STATS = ("letter_pair_ratio",)
CACHED = False

# The 200 most frequent of 676 pairs, in the captions of the reference and instruction splits and
# in the pages of docs/, each half of the count; letters at random hit 30 % of them.
FREQUENT = frozenset(
    """
    ab ac ad ag ai ak al am an ap ar as at au ay ba be bi bl bo br bu by ca ce ch ci ck cl co cr
    ct da de di do dr ds ea ec ed ee ef ei el em en ep er es et ev ex ey fa fe ff fi fl fo fr ft
    ga ge gh gi gl gr ha he hi ho ht ia ic id ie if ig il im in io ip ir is it ke ki la ld le li
    ll lo ls lt lu ly ma mb me mi mo mp na nc nd ne ng ni no ns nt nu oa oc od of oi ok ol om on
    oo op or os ot ou ov ow pa pe pi pl po pp pr pt pu qu ra rc rd re ri rk rn ro rr rs rt ru ry
    sa sc se sh si sm so sp ss st su sy ta te th ti to tr ts tt tu tw ty uc ue ui ul um un up ur
    us ut va ve vi wa we wh wi wn wo xp xt ye
    """.split()
)


@dataclass(frozen=True)
class Measuring:
    """Nothing can be set."""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept. Half of English captions lie above .92, of letter soup below .29."""

    min_ratio: float = 0.6
    max_ratio: float = 1.0


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `letter_pair_ratio`: frequent pairs among the pairs of letters a to z within words.

    NaN without such pairs. Special tokens do not count.
    """
    return {"letter_pair_ratio": [_ratio(batch.tokens.strip(text)) for text in batch.texts]}


def _ratio(text: str) -> float:
    frequent = 0
    pairs = 0
    for word in re.findall("[a-z]+", text.lower()):
        for pair in itertools.pairwise(word):
            frequent += "".join(pair) in FREQUENT
            pairs += 1
    return frequent / pairs if pairs else float("nan")


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range, or who has none (other scripts)."""
    ratios = np.asarray(values["letter_pair_ratio"], dtype=np.float64)
    return in_range(ratios, settings.min_ratio, settings.max_ratio, settings) | np.isnan(ratios)
