import numpy as np
import pytest
from support.small_looks import small_looks

from bettersynth.data.tables.marks import Mark
from bettersynth.errors import UserError
from bettersynth.experiments.browse import looks as looks_module
from bettersynth.experiments.browse.looks import Looks
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.pairs import read_pairs


@pytest.fixture
def looks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return small_looks()


def test_a_mark_changes_what_a_query_finds_at_once(looks):
    query = '{"mark": "good"}'
    assert looks.rows(query, None, 9)["total"] == 0
    looks.mark(Mark("s01", "good"))
    found = looks.rows(query, None, 9)
    assert found["total"] == 1
    assert found["pairs"][0]["marks"]["ann"]["mark"] == "good"


def found_ids(found):
    return [pair["values"]["id"] for pair in found["pairs"]]


@pytest.mark.parametrize("order", ["", ', "sort": "num_words", "descending": true'])
def test_a_mark_between_two_pages_leaves_no_pair_out(looks, order):
    query = '{"mark": "none"' + order + "}"
    everyone = found_ids(looks.rows(query, None, 9))
    first = looks.rows(query, None, 3)
    # those of the first page and one that comes
    for sample in [*everyone[:3], everyone[4]]:
        looks.mark(Mark(sample, "good"))
    rest = looks.rows(query, first["pairs"][-1]["row"], 3)
    assert found_ids(rest) == [everyone[3], *everyone[5:7]]
    assert (rest["total"], rest["left"]) == (4, 1)
    looks.mark(Mark(everyone[4]))
    last = looks.rows(query, first["pairs"][-1]["row"], 9)
    assert found_ids(last) == everyone[3:]


def test_a_page_goes_on_after_a_pair_that_the_query_finds(looks):
    with pytest.raises(UserError, match="after is 99; the query finds no such row"):
        looks.rows("{}", 99, 3)


def test_a_page_of_rows_is_never_large(looks, monkeypatch):
    monkeypatch.setattr(looks_module, "MOST_ROWS", 3)
    assert len(looks.rows("{}", None, 10**6)["pairs"]) == 3


def test_many_points_are_thinned_and_counted_whole(looks, monkeypatch):
    monkeypatch.setattr(looks_module, "MOST_POINTS", 3)
    points = looks.points("{}", "image_text_similarity", "num_words")
    assert points["total"] == 8
    assert points["rows"] == [0, 3, 7]
    assert np.isfinite(points["x"]).all()


def test_bounds_of_another_experiment_are_moved_in_the_workspace(looks, tmp_path):
    other = Looks(read_pairs(str(tmp_path)), Marks("ann"))
    with pytest.raises(UserError, match="dvc exp apply .*then `bettersynth browse`"):
        other.moved([], "", "")
