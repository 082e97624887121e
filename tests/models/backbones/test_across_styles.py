"""Matches between drawing styles: on made-up features whose concepts are known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch

from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.models.backbones.across_styles import (
    Pictures,
    by_style,
    descriptions,
    locally_scaled,
    matches,
    scatter_within,
    trusted_matches,
)

CONCEPTS = 30


@pytest.fixture
def drawn(tmp_path):
    """A store in which each concept is drawn in the styles a, b and c, and its pictures' names."""
    rng = np.random.default_rng(0)
    things = rng.normal(size=(CONCEPTS, 496))
    looks = {style: 4 * rng.normal(size=496) for style in "abc"}
    maps, pooled, names = [], [], []
    for style, look in looks.items():
        for concept, thing in enumerate(things):
            # a style is stronger in some pictures than in others
            cells = thing + rng.uniform(0.2, 2) * look + 0.3 * rng.normal(size=(8, 8, 496))
            maps.append(cells)
            pooled.append(np.resize(cells.mean((0, 1)), 1280))
            names.append(f"{style} {concept}")
    np.save(tmp_path / "high_res.npy", np.array(maps, dtype=np.float16))
    np.save(tmp_path / "pooled.npy", np.array(pooled, dtype=np.float32))
    write_table(tmp_path / "index.parquet", pa.table({"sha256": names}))
    return FeatureStore(tmp_path), names


def pictures(store, names):
    styles = [name.split()[0] for name in names]
    return Pictures(store.rows(names), styles, [name.split()[1] for name in names])


def test_the_same_thing_is_found_in_another_style(drawn):
    store, names = drawn
    # c is not in the reference: only its pictures are known
    reference = pictures(store, [name for name in names if name[0] in "ab"])
    asked_names = [name for name in names if name[0] == "c"]
    bank = [place for place, style in enumerate(reference.styles) if style == "a"]
    found = matches(store, reference, bank, pictures(store, asked_names), 0.3)
    right = found.nearest[:, 0] == np.arange(CONCEPTS)
    assert right.mean() > 0.9
    assert found.trusted.mean() > 0.8
    assert right[found.trusted].all()
    # raw features are less sure of it
    raw = descriptions(store, store.rows(names))[0]
    raw = torch.nn.functional.normalize(raw, dim=1)
    nearest = (raw[-CONCEPTS:] @ raw[:CONCEPTS].T).argmax(1).numpy()
    assert (nearest == np.arange(CONCEPTS)).mean() < 0.8

    turned = matches(store, reference, bank, pictures(store, asked_names[::-1]), 0.3)
    assert (turned.nearest[::-1, 0] == found.nearest[:, 0]).all()
    assert (turned.trusted[::-1] == found.trusted).all()


def test_descriptions_are_those_of_the_map(drawn):
    store, names = drawn
    pooled, mean, largest, quarters = descriptions(store, store.rows(names[:3]))
    assert [part.shape[1] for part in (pooled, mean, largest, quarters)] == [1280, 496, 496, 1984]
    maps = store.high_res(store.rows(names[:3])).astype(np.float64)
    np.testing.assert_allclose(mean, maps.mean((1, 2)))
    np.testing.assert_allclose(largest, maps.max((1, 2)))
    # upper right: rows 0 to 3, columns 4 to 7
    np.testing.assert_allclose(quarters[:, 496:992], maps[:, :4, 4:].mean((1, 2)))


def test_every_style_has_a_mean_of_nothing_and_a_like_spread():
    values = torch.tensor([[1.0, 5.0], [3.0, 5.0], [100.0, 7.0], [104.0, 9.0]]).double()
    found = by_style(values, ["a", "a", "b", "b"])
    np.testing.assert_allclose(found.reshape(2, 2, 2).sum(1), 0, atol=1e-12)
    assert 0 < found[1, 0] < found[3, 0] < 1


def test_the_scatter_counts_concepts_that_come_twice():
    values = torch.tensor([[0.0], [2.0], [50.0], [9.0], [9.0]]).double()
    # of "" nobody knows whether it is one thing
    assert scatter_within(values, ["x", "x", "y", "", ""]).item() == 1.0


def test_scaled_similarities_by_hand():
    similarity = torch.tensor([[0.9, 0.1], [0.5, 0.3]], dtype=torch.float64)
    # all are among the nearest: less the mean of row and column
    expected = [[1.8 - 0.5 - 0.7, 0.2 - 0.5 - 0.2], [1.0 - 0.4 - 0.7, 0.6 - 0.4 - 0.2]]
    np.testing.assert_allclose(locally_scaled(similarity), expected, atol=1e-12)


def test_a_match_is_trusted_if_it_is_mutual_and_clear():
    similarity = torch.tensor([[0.9, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.5, 0.49]]).double()
    found = trusted_matches(similarity, ["a", "a", "a"], margin=0.5)
    assert found.nearest[:, 0].tolist() == [0, 0, 1]
    # the second is not the nearest to its match, the third is not clear
    assert found.trusted.tolist() == [True, False, False]
    apart = trusted_matches(similarity, ["a", "b", "a"], margin=0.0)
    assert apart.trusted.tolist() == [True, True, True]
