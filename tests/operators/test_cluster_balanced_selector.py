"""cluster_balanced_selector: as many of each cluster, from made-up points."""

from __future__ import annotations

import numpy as np
import pytest
from support.parity import FOLDER
from support.points import embedding_column, groups
from support.small_columns import column
from support.small_run import dataset, run

from bettersynth.errors import UserError
from bettersynth.operators import cluster_balanced_selector as operator
from bettersynth.recipes.lines import read_recipe

CLIP = {"hf_clip": str(FOLDER / "clip_tiny")}


def test_small_clusters_give_all_they_have_and_large_ones_the_rest():
    clusters = np.repeat([0, 1, 2], [2, 50, 48])
    flags = operator.draw_evenly(clusters, 42, seed=0)
    assert np.bincount(clusters[flags]).tolist() == [2, 20, 20]
    assert np.array_equal(flags, operator.draw_evenly(clusters, 42, seed=0))
    assert not np.array_equal(flags, operator.draw_evenly(clusters, 42, seed=1))


def test_the_selector_takes_the_smaller_number_evenly():
    points, group = groups([60, 20, 10, 10])
    values = embedding_column(points)
    chosen = operator.keep(values, operator.Deciding(0.9, 40, clusters=4))
    assert np.bincount(group[chosen]).tolist() == [10, 10, 10, 10]
    assert operator.keep(values, operator.Deciding()).all()
    assert operator.keep(values, operator.Deciding(select_num=500)).all()
    with pytest.raises(UserError, match="clusters is 0; it must be above 0"):
        operator.Deciding(clusters=0)


def write_five_pictures(texts):
    names = ("shapes0.png", "shapes0_copy.png", "shapes0_small.png", "gray.png", "shapes1.png")
    rows = []
    for number, (name, text) in enumerate(zip(names, texts, strict=True)):
        images = [str(FOLDER / "images" / name)]
        rows.append({"id": number, "text": text, "images": images})
    dataset([*rows, {"id": 5, "text": "x", "images": []}])


def test_in_a_recipe(in_folder, capsys):
    write_five_pictures(["a dog", "a dog", "a cat", "a cat ", "trees"])
    selector = {"cluster_balanced_selector": {**CLIP, "select_num": 4, "clusters": 2}}
    assert len(run([selector, {"text_length_filter": {"min_len": 0}}])) == 4
    assert "4 after cluster_balanced_selector" in capsys.readouterr().out


def test_a_picture_is_embedded_once_for_both_operators(in_folder, monkeypatch):
    write_five_pictures(["a dog"] * 5)
    run([{"semantic_deduplicator": CLIP}])
    monkeypatch.setattr(operator, "measure", None)
    assert len(run([{"cluster_balanced_selector": {**CLIP, "select_num": 2}}])) == 2


def test_behind_a_deduplicator_in_the_filter_step():
    from bettersynth.recipes.decisions import decide

    points, _ = groups([4, 4, 2])
    lines = read_recipe(
        [
            {"semantic_deduplicator": {"similarity_threshold": 0.9, "clusters": 1}},
            {"cluster_balanced_selector": {"select_num": 2, "clusters": 3}},
        ],
        "filter.recipe",
        measured={"semantic_deduplicator": CLIP, "cluster_balanced_selector": CLIP},
    )
    columns = {recipe_line.name: embedding_column(points) for recipe_line in lines}
    decisions = decide(lines, columns, column(*map(str, range(10))))
    assert decisions.surviving == {"semantic_deduplicator": 3, "cluster_balanced_selector": 2}
    dropped = decisions.rule.index("cluster_balanced_selector")
    assert decisions.bound[dropped] == "not drawn from its cluster"
