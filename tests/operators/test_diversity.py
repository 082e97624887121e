"""Semantic near-duplicates and cluster-balanced sampling: on made-up points, on a tiny CLIP, in a recipe and in the filter step."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.small_run import FIXTURES, dataset, run

from bettersynth.errors import UserError
from bettersynth.measuring.models.embeddings import clusters_of, vectors_of
from bettersynth.measuring.protocols import EMBEDDING, Values
from bettersynth.operators import cluster_balanced_selector, semantic_deduplicator
from bettersynth.operators.cluster_balanced_selector import draw_evenly

PICTURES = [
    str(FIXTURES / "images" / name)
    for name in ("shapes0.png", "shapes0_copy.png", "shapes0_small.png", "gray.png", "shapes1.png")
]
CLIP = {"hf_clip": str(FIXTURES / "clip_tiny")}


def values(vectors: np.ndarray) -> Values:
    """Points as the stat column holds them; a row of NaN has none."""
    return {
        EMBEDDING: [
            "" if np.isnan(v).any() else base64.b64encode(v.astype("<f2").tobytes()).decode()
            for v in vectors
        ]
    }


def groups(sizes: list[int], noise: float = 0.01, width: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Points around as many directions as there are sizes, shuffled, and the group of each."""
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    points = np.eye(len(sizes), width)[group] + noise * rng.standard_normal((len(group), width))
    return points, group


def test_points_survive_being_written_down() -> None:
    points = groups([3, 2])[0]
    points[1] = np.nan
    vectors, positions = vectors_of(values(points)[EMBEDDING])
    assert positions.tolist() == [0, 2, 3, 4]
    np.testing.assert_allclose(
        vectors,
        points[positions] / np.linalg.norm(points[positions], axis=1, keepdims=True),
        atol=2e-3,
    )


def test_clusters_are_the_groups_and_the_same_each_time() -> None:
    points, group = groups([20, 30, 10, 40])
    found = clusters_of(points.astype(np.float32), 4, seed=0)
    assert len({(a, b) for a, b in zip(found, group, strict=True)}) == 4
    assert np.array_equal(found, clusters_of(points.astype(np.float32), 4, seed=0))
    assert len(set(clusters_of(points.astype(np.float32), None, seed=0))) <= 10
    assert clusters_of(np.ones((3, 4), np.float32), 1, seed=0).tolist() == [0, 0, 0]


@pytest.mark.parametrize("clusters", [1, 5, None])
def test_the_first_of_each_group_of_near_equal_samples_stays(clusters: int | None) -> None:
    points, group = groups([8, 1, 5, 1, 10], noise=0.02)
    flags = semantic_deduplicator.keep(
        values(points), semantic_deduplicator.Deciding(0.9, clusters)
    )
    if clusters is None:
        assert {group[k] for k in np.flatnonzero(flags)} == {0, 1, 2, 3, 4}
    else:
        assert np.flatnonzero(flags).tolist() == sorted(
            int(np.flatnonzero(group == g)[0]) for g in range(5)
        )
    assert semantic_deduplicator.keep(
        values(points), semantic_deduplicator.Deciding(1.01, clusters)
    ).all()


def test_what_repeats_a_dropped_sample_alone_stays() -> None:
    angles = np.array([0.0, 0.4, 0.8])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    flags = semantic_deduplicator.keep(
        values(points), semantic_deduplicator.Deciding(float(np.cos(0.5)), 1)
    )
    assert flags.tolist() == [True, False, True]


def test_samples_without_a_picture_are_no_duplicates() -> None:
    assert semantic_deduplicator.keep(
        values(np.full((3, 2), np.nan)), semantic_deduplicator.Deciding()
    ).all()
    assert (
        semantic_deduplicator.keep({EMBEDDING: []}, semantic_deduplicator.Deciding()).tolist() == []
    )


def test_small_clusters_give_all_they_have_and_large_ones_the_rest() -> None:
    clusters = np.repeat([0, 1, 2], [2, 50, 48])
    flags = draw_evenly(clusters, 42, seed=0)
    assert np.bincount(clusters[flags]).tolist() == [2, 20, 20]
    assert np.array_equal(flags, draw_evenly(clusters, 42, seed=0))
    assert not np.array_equal(flags, draw_evenly(clusters, 42, seed=1))


def test_the_selector_takes_the_smaller_number_evenly() -> None:
    points, group = groups([60, 20, 10, 10])
    chosen = cluster_balanced_selector.keep(
        values(points), cluster_balanced_selector.Deciding(0.9, 40, clusters=4)
    )
    assert np.bincount(group[chosen]).tolist() == [10, 10, 10, 10]
    assert cluster_balanced_selector.keep(
        values(points), cluster_balanced_selector.Deciding()
    ).all()
    assert cluster_balanced_selector.keep(
        values(points), cluster_balanced_selector.Deciding(select_num=500)
    ).all()
    with pytest.raises(UserError, match="clusters is 0; it must be above 0"):
        cluster_balanced_selector.Deciding(clusters=0)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))


def ids(process: list[Any], **settings: Any) -> list[int]:
    return [row["id"] for row in run(process, **settings)]


def test_in_a_recipe(in_folder: None, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["a dog", "a dog", "a cat", "a cat ", "trees"]
    dataset(
        [{"id": k, "text": text, "images": PICTURES[k : k + 1]} for k, text in enumerate(texts)]
        + [{"id": 5, "text": "x", "images": []}]
    )
    by_picture = ids(
        [{"semantic_deduplicator": {**CLIP, "similarity_threshold": 0.999, "clusters": 1}}]
    )
    assert 0 in by_picture and 1 not in by_picture and 5 in by_picture
    assert ids(
        [
            {
                "semantic_deduplicator": {
                    **CLIP,
                    "of": "text",
                    "similarity_threshold": 0.9999,
                    "clusters": 1,
                }
            }
        ]
    ) == [0, 2, 4, 5]
    assert ids(
        [
            {
                "semantic_deduplicator": {
                    **CLIP,
                    "of": "both",
                    "similarity_threshold": 0.9999,
                    "clusters": 1,
                }
            }
        ]
    ) == [0, 2, 3, 4, 5]
    assert (
        len(
            ids(
                [
                    {"cluster_balanced_selector": {**CLIP, "select_num": 4, "clusters": 2}},
                    {"text_length_filter": {"min_len": 0}},
                ]
            )
        )
        == 4
    )
    assert "4 after cluster_balanced_selector" in capsys.readouterr().out


def test_a_picture_is_embedded_once_for_both_operators(
    in_folder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset([{"id": k, "text": "a dog", "images": PICTURES[k : k + 1]} for k in range(5)])
    run([{"semantic_deduplicator": CLIP}])
    monkeypatch.setattr(cluster_balanced_selector, "measure", None)
    assert len(run([{"cluster_balanced_selector": {**CLIP, "select_num": 2}}])) == 2


def test_in_the_filter_step(in_folder: None) -> None:
    from bettersynth.recipes.decisions import decide
    from bettersynth.recipes.lines import read_recipe

    points, _ = groups([4, 4, 2])
    measured = {"semantic_deduplicator": CLIP, "cluster_balanced_selector": CLIP}
    recipe = [
        {"semantic_deduplicator": {"similarity_threshold": 0.9, "clusters": 1}},
        {"cluster_balanced_selector": {"select_num": 2, "clusters": 3}},
    ]
    lines = read_recipe(recipe, "filter.recipe", measured=measured)
    columns = {line.name: values(points) for line in lines}
    decisions = decide(lines, columns, [str(k) for k in range(10)])
    assert decisions.surviving == {"semantic_deduplicator": 3, "cluster_balanced_selector": 2}
    dropped = decisions.rule.index("cluster_balanced_selector")
    assert decisions.bound[dropped] == "not drawn from its cluster"
