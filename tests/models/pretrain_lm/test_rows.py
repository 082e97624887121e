import random

from bettersynth.models.pretrain_lm.rows import Row, bucketed_batches


def row(length: int, with_picture: bool) -> Row:
    slots = [[1]] if with_picture else []
    return Row([0] * length, [], 0, slots, slots, 0.0, "describe")


def test_batches_hold_like_lengths_and_pictures_and_text_apart():
    rows = [row(length, length % 2 == 0) for length in range(1, 23)]
    batches = bucketed_batches(rows, 5, random.Random(0))
    assert sorted(len(r.ids) for batch in batches for r in batch) == list(range(1, 23))
    for batch in batches:
        lengths = [len(r.ids) for r in batch]
        assert lengths == list(range(lengths[0], lengths[-1] + 1, 2))
    assert sorted(len(batch) for batch in batches) == [1, 1, 5, 5, 5, 5]


def test_batches_come_in_random_order():
    rows = [row(length, True) for length in range(1, 40)]
    first, second = (
        [len(batch[0].ids) for batch in bucketed_batches(list(rows), 2, random.Random(seed))]
        for seed in (0, 1)
    )
    assert sorted(first) == sorted(second)
    assert first != second
