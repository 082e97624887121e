"""ROUGE-L against the numbers of rouge 1.0.1, the package that Data-Juicer counts with."""

from __future__ import annotations

import pytest
from support.parity import rows

from bettersynth.measuring.text.rouge import rouge_l


@pytest.mark.parametrize("row", rows("rouge"), ids=lambda row: row["text"].strip())
def test_the_values_are_the_packages(row):
    ours = {other: rouge_l(row["text"], other) for other in row["with"]}
    assert ours == pytest.approx(row["with"], abs=1e-12)
