from __future__ import annotations

import json

import numpy as np
import pytest

from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.drawing import drawn_positions, rows_of_each, write_drawn
from bettersynth.data.row_files.reading import RowReader
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.errors import UserError


@pytest.mark.parametrize(
    ("weights", "rows", "shares"),
    [
        ([0.3, 0.7], 10, [3, 7]),
        ([1, 1, 1], 10, [4, 4, 2]),
        ([1, 0, 1], 3, [2, 0, 1]),
        # as in Data-Juicer: each share is rounded up, so that the last may get nothing
        ([1, 1, 1, 1], 2, [1, 1, 0, 0]),
    ],
)
def test_shares_are_those_of_data_juicer(weights, rows, shares):
    assert rows_of_each(weights, rows) == shares


def test_no_weight_is_an_error():
    with pytest.raises(UserError, match="no weight is above 0"):
        rows_of_each([0, 0.0], 5)


def test_rows_are_drawn_in_the_order_of_data_juicers_shuffle():
    # `datasets` shuffles by numpy's permutation with this seed
    assert drawn_positions(4, 4).tolist() == [0, 1, 2, 3]
    order = np.random.default_rng(42).permutation(4).tolist()
    assert drawn_positions(4, 2).tolist() == order[:2]
    assert drawn_positions(4, 10).tolist() == order + order + order[:2]


def test_drawn_rows_name_pictures_and_suffix_as_they_were(tmp_path):
    (tmp_path / "in").mkdir()
    first, second = tmp_path / "in" / "a.jsonl", tmp_path / "in" / "b.json"
    first.write_text('{"text": "a", "images": ["x.png", "/y.png"]}\n')
    second.write_text('[{"text": "b"}]')
    reader = RowReader(RowForm(), CarriedPictures(tmp_path / "pictures"))
    path = tmp_path / "out_drawn.jsonl"
    write_drawn(path, [[first], [second]], [1, 2], reader)
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"text": "a", "images": ["in/x.png", "/y.png"]},
        {"text": "b", "__dj__suffix__": ".json"},
        {"text": "b", "__dj__suffix__": ".json"},
    ]
    second.write_text("[]")
    with pytest.raises(UserError, match=r"b.json holds no row to draw"):
        write_drawn(path, [[second]], [1], reader)
