"""semantic_deduplicator: made-up points, a tiny CLIP, a recipe."""

from __future__ import annotations

import numpy as np
import pytest
from support.parity import FOLDER
from support.points import embedding_column, groups
from support.small_run import dataset, run

from bettersynth.errors import UserError
from bettersynth.measuring.protocols import EMBEDDING
from bettersynth.operators import semantic_deduplicator as operator


@pytest.mark.parametrize("clusters", [1, 5, None])
def test_the_first_of_each_group_of_near_equal_samples_stays(clusters):
    points, group = groups([8, 1, 5, 1, 10], noise=0.02)
    values = embedding_column(points)
    flags = operator.keep(values, operator.Deciding(0.9, clusters))
    if clusters is None:
        assert {group[k] for k in np.flatnonzero(flags)} == {0, 1, 2, 3, 4}
    else:
        firsts = sorted(int(np.flatnonzero(group == number)[0]) for number in range(5))
        assert np.flatnonzero(flags).tolist() == firsts
    assert operator.keep(values, operator.Deciding(1.01, clusters)).all()


def test_what_repeats_a_dropped_sample_alone_stays():
    angles = np.array([0.0, 0.4, 0.8])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    settings = operator.Deciding(float(np.cos(0.5)), 1)
    assert operator.keep(embedding_column(points), settings).tolist() == [True, False, True]


def test_samples_without_a_picture_are_no_duplicates():
    without = embedding_column(np.full((3, 2), np.nan))
    assert operator.keep(without, operator.Deciding()).all()
    assert operator.keep({EMBEDDING: []}, operator.Deciding()).tolist() == []


def test_no_clusters_are_refused():
    with pytest.raises(UserError, match="semantic_deduplicator: clusters is 0"):
        operator.Deciding(clusters=0)


def kept_ids(**settings):
    given = {"hf_clip": str(FOLDER / "clip_tiny"), "clusters": 1, **settings}
    return [row["id"] for row in run([{"semantic_deduplicator": given}])]


def test_in_a_recipe_by_picture_by_text_or_by_both(in_folder):
    names = ("shapes0.png", "shapes0_copy.png", "shapes0_small.png", "gray.png", "shapes1.png")
    texts = ("a dog", "a dog", "a cat", "a cat ", "trees")
    rows = [{"id": 5, "text": "x", "images": []}]
    for number, (name, text) in reversed(list(enumerate(zip(names, texts, strict=True)))):
        images = [str(FOLDER / "images" / name)]
        rows.insert(0, {"id": number, "text": text, "images": images})
    dataset(rows)
    by_picture = kept_ids(similarity_threshold=0.999)
    assert 0 in by_picture
    assert 1 not in by_picture
    assert 5 in by_picture
    assert kept_ids(of="text", similarity_threshold=0.9999) == [0, 2, 4, 5]
    assert kept_ids(of="both", similarity_threshold=0.9999) == [0, 2, 3, 4, 5]
