"""Rules that are measured while another one has the picture decoded."""

from __future__ import annotations

import pytest
from support.parity import batch_of

from bettersynth.data.samples import batch as batches
from bettersynth.measuring.carried import (
    Carried,
    CarriedColumn,
    CarriedRule,
    at_work,
    can_be_carried,
    carrying,
    is_at_work,
    measure_carrying,
)
from bettersynth.measuring.measure import reads_of
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.operators import load_operator

GRAY, SHAPES = "images/gray.png", "images/shapes0.png"
SAMPLES = [{"images": [GRAY]}, {"images": [SHAPES, GRAY]}, {"images": []}]
QUALITY = load_operator("image_quality_filter")
SUBPLOT = load_operator("image_subplot_filter")
RULE = CarriedRule(SUBPLOT, SUBPLOT.Measuring())


@pytest.fixture
def decoded(monkeypatch):
    """How often a picture was decoded, as the length of a list."""
    calls = []
    decode = batches.decode_image

    def counting(*arguments):
        calls.append(1)
        return decode(*arguments)

    monkeypatch.setattr(batches, "decode_image", counting)
    return calls


def test_a_carried_rule_has_the_values_of_its_own_stage_without_a_second_decoding(decoded):
    own = SUBPLOT.measure(batch_of(*SAMPLES), RULE.settings)
    alone = QUALITY.measure(batch_of(*SAMPLES), QUALITY.Measuring())
    decoded.clear()
    found = measure_carrying(QUALITY, QUALITY.Measuring(), batch_of(*SAMPLES), [RULE], [{0, 1, 2}])
    assert len(decoded) == 2
    assert found.measured.values == alone
    # a sample without pictures is decoded by nobody
    assert set(found.carried[0]) == {0, 1}
    for position, row in found.carried[0].items():
        assert row == [own[stat][position] for stat in SUBPLOT.STATS]


def test_only_what_is_wanted_and_decoded_is_measured(decoded):
    found = measure_carrying(QUALITY, QUALITY.Measuring(), batch_of(*SAMPLES), [RULE], [{1}])
    assert set(found.carried[0]) == {1}
    decoded.clear()
    shape = load_operator("image_shape_filter")
    found = measure_carrying(shape, shape.Measuring(), batch_of(*SAMPLES), [RULE], [{0, 1}])
    # the headers tell the shape, and nobody decodes for a rule on the way
    assert decoded == []
    assert found.carried == [{}]


def test_what_a_carried_rule_raises_stops_that_rule_alone(monkeypatch):
    def breaks(batch, settings):
        raise RuntimeError("broken")

    ratio = load_operator("image_aspect_ratio_filter")
    monkeypatch.setattr(ratio, "measure", breaks)
    rules = [CarriedRule(ratio, ratio.Measuring()), RULE]
    settings = QUALITY.Measuring()
    found = measure_carrying(QUALITY, settings, batch_of(*SAMPLES), rules, [{0, 1}, {0, 1}])
    assert found.measured.bad == {}
    assert found.carried[0] == {}
    assert set(found.carried[1]) == {0, 1}


def test_a_picture_that_is_decoded_again_is_not_measured_again(monkeypatch, decoded):
    monkeypatch.setattr(batches, "PICTURE_BYTES", 0)
    measured = []
    monkeypatch.setattr(
        SUBPLOT, "measure", lambda batch, _: measured.append(len(batch)) or {"x": [0]}
    )
    samples = [{"images": [GRAY]}, {"images": [SHAPES]}, {"images": [GRAY]}]
    settings = QUALITY.Measuring()
    measure_carrying(QUALITY, settings, batch_of(*samples), [RULE], [{0, 1, 2}])
    assert measured == [1, 1, 1]


def test_rules_of_texts_and_of_models_are_not_carried():
    for name, expected in (
        ("image_quality_filter", True),
        ("image_deduplicator", True),
        ("image_face_count_filter", True),
        # as cheap to measure as to look up
        ("image_size_filter", False),
        ("image_nsfw_filter", False),
        ("image_text_similarity_filter", False),
        ("words_num_filter", False),
        ("general_field_filter", False),
    ):
        operator = load_operator(name)
        assert can_be_carried(operator, reads_of(operator, operator.Measuring())) is expected, name
    with_text = QUALITY, ("text", "images")
    assert not can_be_carried(*with_text)


@pytest.fixture
def column(tmp_path):
    return ScoreColumn(ColumnIdentity("image_subplot_filter"), tmp_path)


def test_a_key_is_wanted_once_where_the_column_lacks_it(column):
    column.put({b"known": [1]})
    keys = [b"known", b"a", b"b", b"a", b"", b"c"]
    carried = CarriedColumn(RULE, column)
    board = Carried([carried], keys)
    assert board.wanted([0, 1, 2, 3, 4]) == [{1, 2}]
    assert board.wanted([3, 5]) == [{1}]
    board.keep([3, 5], [{1: [7, 8]}])
    assert carried.made == 1
    assert column.get([b"c", b"a"]) == {b"c": [7, 8]}


def test_a_rule_whose_own_stage_is_at_work_is_no_longer_carried(column):
    board = Carried([CarriedColumn(RULE, column)], [b"a", b"b"])
    assert not is_at_work(column)
    assert board.wanted([0]) == [{0}]
    with at_work(column):
        assert is_at_work(column)
        assert board.wanted([1]) == [set()]
    assert board.wanted([1]) == [set()]


def test_of_two_stages_one_carries(column):
    with carrying(column) as first:
        with carrying(column) as second:
            assert (first, second) == (True, False)
    with carrying(column) as free:
        assert free
