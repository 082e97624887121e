"""Features are looked up by the bytes of a picture."""

import pickle

import numpy as np
import pytest

from bettersynth.data.tables.feature_store import FeatureStore, write_index
from bettersynth.errors import UserError


@pytest.fixture
def store(tmp_path):
    np.save(tmp_path / "pooled.npy", np.arange(6, dtype=np.float32).reshape(3, 2))
    write_index(tmp_path, ["a", "b", "c"])
    return FeatureStore(tmp_path)


def test_rows_come_in_the_order_asked_for(store):
    assert store.pooled(store.rows(["c", "a", "c"])).tolist() == [[4, 5], [0, 1], [4, 5]]
    assert len(store) == 3
    assert "b" in store and "d" not in store


def test_a_store_survives_the_way_to_a_worker(store):
    assert store.row("b") == 1
    assert pickle.loads(pickle.dumps(store)).pooled([1]).tolist() == [[2, 3]]


def test_an_image_without_features_names_the_step():
    with pytest.raises(UserError, match="does not exist"):
        FeatureStore("none").row("0" * 64)


def test_a_picture_that_came_later_is_named(store):
    with pytest.raises(UserError, match="has no features of image sha256 d; run"):
        store.row("d")
