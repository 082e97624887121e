import numpy as np
import pytest
from sklearn.decomposition import PCA
from support.small_looks import small_looks

from bettersynth.data.tables.feature_store import write_index
from bettersynth.errors import UserError
from bettersynth.experiments.browse import embedding_map as module
from bettersynth.experiments.browse.embedding_map import embedding_map, has_map
from bettersynth.experiments.browse.looks import Looks


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return small_looks().pairs


def write_features(folder, pairs, left_out=()):
    """Features of the pool's pictures, in another order than the pool's; returns them by row."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(len(pairs), 12)).astype(np.float32) * np.arange(1, 13)
    rows = [row for row in reversed(range(len(pairs))) if row not in left_out]
    folder.mkdir()
    np.save(folder / "pooled.npy", features[rows])
    write_index(folder, [pairs.pool["image_sha256"][row].as_py()[0] for row in rows])
    return features


def test_the_map_is_the_two_main_directions(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 3)
    features = write_features(tmp_path / "features", pairs)
    columns = embedding_map(pairs, tmp_path / "features")
    expected = PCA(2).fit_transform(features)
    for axis, name in enumerate(("map_x", "map_y")):
        mine = np.array(columns[name].to_pylist())
        sign = np.sign(mine @ expected[:, axis])
        np.testing.assert_allclose(mine, sign * expected[:, axis], atol=1e-3)


def test_a_picture_without_features_has_no_place(pairs, tmp_path):
    write_features(tmp_path / "features", pairs, left_out=(2,))
    columns = embedding_map(pairs, tmp_path / "features")
    assert columns["map_x"][2].as_py() is None
    assert columns["map_x"].null_count == 1


def test_features_of_another_pool_make_no_map(pairs, tmp_path):
    write_features(tmp_path / "features", pairs, left_out=range(6))
    with pytest.raises(UserError, match="holds features of 2 pictures of this pool"):
        embedding_map(pairs, tmp_path / "features")


def test_the_map_is_made_when_it_is_first_asked_for(pairs, tmp_path):
    assert not has_map()
    write_features(tmp_path / "data/features", pairs)
    looks = Looks(pairs, small_looks().marks)
    columns = [column["name"] for column in looks.about()["columns"]]
    assert columns[-2:] == ["map_x", "map_y"]
    assert "map_x" not in pairs.columns
    points = looks.points("{}", "map_x", "map_y")
    assert points["total"] == 8
    assert "map_x" in pairs.columns
