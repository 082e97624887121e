"""text_letter_pairs_filter: what it measures, and who stays."""

from __future__ import annotations

import math

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.operators import text_letter_pairs_filter as operator


def measured(*texts: str):
    batch = Batch(list(texts), [[] for _ in texts], Images(str.encode))
    return operator.measure(batch, operator.Measuring())


def test_pairs_within_words_are_counted():
    # th, he are frequent, qx is not; nothing joins two words
    (ratio,) = measured("The QX")["letter_pair_ratio"]
    assert ratio == 2 / 3


def test_english_stays_and_letter_soup_goes_and_other_scripts_stay():
    values = measured("a red kite over the sea", "q zvx kqwj xbpf vqk jxz", "一只红色的风筝", "a")
    assert math.isnan(values["letter_pair_ratio"][2])
    kept = operator.keep(values, operator.Deciding())
    assert kept.tolist() == [True, False, True, True]
