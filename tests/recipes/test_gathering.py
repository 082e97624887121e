from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from support.small_pool import picture, write_pool
from support.small_run import dataset

from bettersynth.data.tables.stats import write_stats
from bettersynth.recipes.engine.run_settings import read_run
from bettersynth.recipes.gathering import gather_dataset, gather_pool, measured_positions

PROCESS = [
    {"text_length_filter": {"min_len": 100}},
    "clean_links_mapper",
    {"text_length_filter": {"min_len": 3}},
    "specified_field_filter",
    "document_deduplicator",
]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_every_sample_is_measured_by_every_filter_after_the_mappers_before_it():
    dataset([{"id": "a", "text": "see http://a.org/b"}, {"text": "short"}])
    recipe = {"dataset_path": "data.jsonl", "export_path": "out.jsonl", "process": PROCESS}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    settings, lines = read_run(Path("recipe.yaml"))
    positions = measured_positions(lines)
    assert positions == (0, 1, 2)
    analysis = gather_dataset(settings, lines, positions)
    assert analysis.ids == ["a", "line 2"]
    assert analysis.stats == {"text_len": [18, 5], "text_len#2": [4, 5]}
    assert analysis.lines["text_len#2"].deciding.min_len == 3


def test_pictures_are_found_before_the_export_has_a_folder():
    Path("a.png").write_bytes(picture(0, width=48))
    dataset([{"id": "a", "text": "<__dj__image> a dog", "images": ["a.png"]}])
    process = [{"image_shape_filter": {"min_width": 3}}]
    recipe = {"dataset_path": "data.jsonl", "export_path": "new/out.jsonl", "process": process}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    settings, lines = read_run(Path("recipe.yaml"))
    analysis = gather_dataset(settings, lines, (0,))
    assert analysis.stats["image_width"] == [[48]]
    assert analysis.read(analysis.pictures[0][0]) == picture(0, width=48)


def test_the_pool_brings_its_stats_and_those_that_lines_measure_themselves():
    ids = write_pool(["one", "two words"])
    write_stats("words_num_filter", ids, {"num_words": [3, 4]})
    write_stats("text_length_filter", ids, {"text_len": [9, 12]})
    recipe = [
        {"words_num_filter": {"min_num": 4}},
        {"general_field_filter": {"filter_condition": "id == 's00'"}},
    ]
    settings = SimpleNamespace(recipe=recipe, threshold=None, refine=SimpleNamespace(rule=""))
    params = {"stats": {"words_num_filter": {}, "text_length_filter": {}}}
    analysis = gather_pool(settings, params)
    assert analysis.stats["text_len"] == [9, 12]
    assert analysis.stats["general_field_filter_condition"] == [True, False]
    assert set(analysis.lines) == {"num_words", "general_field_filter_condition"}


def test_the_pool_brings_every_stat_of_one_operator():
    ids = write_pool(["one", "two words"])
    write_stats("words_num_filter", ids, {"num_words": [3, 4]})
    write_stats("words_zh", ids, {"num_words#words_zh": [30, 40]})
    recipe = [
        {"words_num_filter": {"min_num": 4}},
        {"words_num_filter": {"name": "words_zh", "min_num": 20}},
    ]
    settings = SimpleNamespace(recipe=recipe, threshold=None, refine=SimpleNamespace(rule=""))
    other = {"operator": "words_num_filter", "lang": "zh"}
    analysis = gather_pool(settings, {"stats": {"words_num_filter": {}, "words_zh": other}})
    assert analysis.stats == {"num_words": [3, 4], "num_words#words_zh": [30, 40]}
    bounds = [analysis.lines[stat].deciding.min_num for stat in analysis.stats]
    assert bounds == [4, 20]
    assert analysis.values_of(analysis.lines["num_words#words_zh"]) == {"num_words": [30, 40]}
