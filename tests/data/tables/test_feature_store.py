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


@pytest.mark.parametrize("damage", [lambda data: data[:-5], lambda data: data[:60], lambda _: b""])
def test_an_array_that_is_cut_short_names_the_file_and_how_to_bring_it_back(store, damage):
    path = store.folders[0] / "pooled.npy"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"pooled\.npy is damaged; delete it and run `snakemake"):
        store.pooled([0])
    path.unlink()
    with pytest.raises(UserError, match=r"pooled\.npy does not exist; run `snakemake"):
        store.pooled([0])


def test_an_array_of_other_pictures_is_damaged(store):
    np.save(store.folders[0] / "pooled.npy", np.zeros((2, 2), dtype=np.float32))
    with pytest.raises(UserError, match=r"pooled\.npy is damaged"):
        store.pooled([0])


def test_rows_of_a_further_folder_stand_behind_those_of_the_first(store, tmp_path):
    further = tmp_path / "further"
    further.mkdir()
    np.save(further / "pooled.npy", np.array([[9, 9], [8, 8]], dtype=np.float32))
    write_index(further, ["b", "d"])
    both = FeatureStore(tmp_path, further)
    assert len(both) == 5
    # of a picture in both the first place counts
    assert both.rows(["d", "b", "a"]).tolist() == [4, 1, 0]
    assert both.pooled([4, 1, 0]).tolist() == [[8, 8], [2, 3], [0, 1]]
    assert pickle.loads(pickle.dumps(both)).pooled(both.rows(["d"])).tolist() == [[8, 8]]


def test_a_further_folder_without_rows_changes_nothing(store, tmp_path):
    write_index(tmp_path / "none", [])
    both = FeatureStore(tmp_path, tmp_path / "none")
    assert both.pooled(both.rows(["c"])).tolist() == [[4, 5]]
