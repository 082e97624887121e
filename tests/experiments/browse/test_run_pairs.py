"""A recipe's own data set, looked at as a pool is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from support.small_pool import picture
from support.small_run import dataset

from bettersynth.data.pictures.decoding import BadImage
from bettersynth.experiments.browse.column_kinds import describe
from bettersynth.experiments.browse.export import export_page
from bettersynth.experiments.browse.looks import Looks
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.run_pairs import read_run_pairs

PROCESS = [
    {"words_num_filter": {"min_num": 4}},
    {"image_shape_filter": {"min_width": 20}},
    "document_deduplicator",
]


@pytest.fixture
def looks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        Path(f"{number}.png").write_bytes(picture(number, width=16 * (number + 1)))
    rows = [
        {"id": "few", "text": "<__dj__image> two words", "images": ["2.png"]},
        {"id": "narrow", "text": "<__dj__image> three small words", "images": ["0.png"]},
        {
            "id": "kept",
            "text": "<__dj__image> <script>alert(1)</script> and more",
            "images": ["1.png"],
        },
        {"id": "gone", "text": "<__dj__image> no picture is there", "images": ["9.png"]},
    ]
    dataset(rows)
    recipe = {"dataset_path": "data.jsonl", "export_path": "out/out.jsonl", "process": PROCESS}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe | {"max_reject_share": 0.5}))
    return Looks(read_run_pairs(Path("recipe.yaml")), Marks("ann"))


def test_every_row_has_its_values_and_the_filter_that_drops_it(looks):
    pairs = looks.pairs
    assert pairs.column("id").to_pylist() == ["few", "narrow", "kept"]
    assert pairs.column("caption")[1].as_py() == "three small words"
    assert pairs.column("rule").to_pylist() == ["words_num_filter", "image_shape_filter", ""]
    assert pairs.column("kept").to_pylist() == [False, False, True]
    assert pairs.numbers("image_width").tolist() == [48, 16, 32]
    kinds = {column["name"]: column["kind"] for column in describe(pairs)}
    assert kinds["rule"] == "choice"
    assert kinds["num_words"] == "number"


def test_what_is_left_out_is_said(capsys, looks):
    said = capsys.readouterr().err
    assert "left out: document_deduplicator" in said
    assert "1 rows could not be measured" in said


def test_a_bound_moves_and_the_lines_to_write_are_shown(looks):
    answer = looks.moved([["words_num_filter", "min_num", 3]], "words_num_filter", "min_num")
    assert [line["left"] for line in answer["lines"]] == [3, 2]
    assert answer["kept"] == [1, 2]
    assert answer["command"] == (
        "# in recipe.yaml:\n# - words_num_filter: {min_num: 3}\nbettersynth run recipe.yaml"
    )
    assert answer["bound"]["stat"] == "num_words"


def test_a_pair_shows_its_picture_and_what_each_filter_says(looks):
    content, kind = looks.pictures.shown(1, 0)
    assert (content, kind) == (picture(0, width=16), "image/png")
    history = looks.pair(1)["history"]
    assert history.splitlines()[0] == "narrow"
    assert "drops  image_shape_filter: image_width 16" in history
    assert "keeps  words_num_filter: num_words 4" in history


def test_a_row_that_names_a_file_of_the_machine_shows_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("secret.txt").write_text("token")
    dataset([{"text": "two words", "images": ["secret.txt", "/etc/passwd"]}], "rows.jsonl")
    recipe = {"dataset_path": "rows.jsonl", "export_path": "out/out.jsonl"}
    recipe["process"] = [{"words_num_filter": {"min_num": 1}}]
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    looks = Looks(read_run_pairs(Path("recipe.yaml")), Marks("ann"))
    for number in (0, 1):
        with pytest.raises(BadImage):
            looks.pictures.shown(0, number)


def test_it_is_exported_like_a_pool(looks, tmp_path):
    text = export_page(looks, tmp_path / "page").read_text()
    assert "Dropped by image_shape_filter" in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script" not in text
