"""Samples as points, and the clusters of these."""

from __future__ import annotations

import numpy as np
import pytest
from support.parity import FOLDER, batch_of
from support.points import embedding_column, groups

from bettersynth.measuring.models.embeddings import Embedding, clusters_of, embed, reads, vectors_of
from bettersynth.measuring.protocols import EMBEDDING


def test_points_survive_being_written_down():
    points = groups([3, 2])[0]
    points[1] = np.nan
    vectors, positions = vectors_of(embedding_column(points)[EMBEDDING])
    assert positions.tolist() == [0, 2, 3, 4]
    known = points[positions]
    lengths = np.linalg.norm(known, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, known / lengths, atol=2e-3)


def test_no_values_are_no_vectors():
    vectors, positions = vectors_of(["", ""])
    assert vectors.shape == (0, 1)
    assert positions.tolist() == []


def test_clusters_are_the_groups_and_the_same_each_time():
    points, group = groups([20, 30, 10, 40])
    vectors = points.astype(np.float32)
    clusters = clusters_of(vectors, 4, seed=0)
    assert len(set(zip(clusters.tolist(), group.tolist(), strict=True))) == 4
    assert np.array_equal(clusters, clusters_of(vectors, 4, seed=0))
    assert len(set(clusters_of(vectors, None, seed=0))) <= 10
    assert clusters_of(np.ones((3, 4), np.float32), 1, seed=0).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("of", "known", "width"),
    [("image", [True, False], 1), ("text", [True, True], 1), ("both", [True, False], 2)],
)
def test_pictures_texts_or_both_are_embedded(of, known, width):
    batch = batch_of({"text": "a dog", "images": ["images/gray.png"]}, {"text": "a cat"})
    settings = Embedding(hf_clip=str(FOLDER / "clip_tiny"), of=of)
    values = embed(batch, settings)[EMBEDDING]
    assert [bool(value) for value in values] == known
    vectors, _ = vectors_of(values)
    single, _ = vectors_of(embed(batch, Embedding(settings.hf_clip))[EMBEDDING])
    assert vectors.shape == (sum(known), width * single.shape[1])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_what_an_embedding_depends_on():
    assert reads(Embedding(of="image")) == ("images",)
    assert reads(Embedding(of="text")) == ("text",)
    assert reads(Embedding(of="both")) == ("text", "images")
