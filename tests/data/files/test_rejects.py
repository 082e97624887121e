import pytest

from bettersynth.data.files.rejects import Reject, counted, require_few
from bettersynth.errors import UserError

REJECTS = [
    Reject("a.jsonl line 3", "no image", kind="no image"),
    Reject("a.jsonl line 9", "cut.jpg: truncated", kind="truncated image"),
    Reject("a.jsonl line 10", "no image", kind="no image"),
]


def test_as_many_as_allowed_pass():
    assert require_few(REJECTS, 30, 0.1, "max_reject_share", "rows cannot be measured") is None
    assert require_few([], 0, 0.0, "stats", "samples cannot be measured") is None


def test_one_more_names_counts_the_setting_and_the_first():
    with pytest.raises(UserError) as error:
        require_few(REJECTS, 1000, 0.002, "pool.max_reject_share", "pairs are unusable")
    assert str(error.value) == (
        "3 of 1,000 pairs are unusable (2 no image, 1 truncated image), more than "
        "pool.max_reject_share 0.002 allows; the first: a.jsonl line 3: no image"
    )


def test_rejects_without_a_kind_are_not_counted_by_kind():
    assert counted([Reject("a", "b")]) == ""
