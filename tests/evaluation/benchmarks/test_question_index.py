import numpy as np
import pytest

from bettersynth.evaluation.benchmarks.question_index import index_of


@pytest.mark.parametrize("value", [7, 7.0, np.int64(7), "7", "7.0", " 7 ", "07"])
def test_a_whole_number_is_read_however_it_is_written(value):
    assert index_of(value) == 7


@pytest.mark.parametrize(
    "value",
    [True, None, "1_0", "7.5", 7.5, "", "1e1", "\u00b2", float("nan"), float("inf"), "9" * 16, [7]],
)
def test_anything_else_is_no_index(value):
    assert index_of(value) is None
