import pyarrow as pa
import pytest
from support.small_pool import drawn_row, write_candidates, write_pool, write_similarity

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.drawn import write_drawn
from bettersynth.data.tables.new_versions import read_new_versions
from bettersynth.data.tables.restats import write_restats
from bettersynth.data.tables.stats import write_stats
from bettersynth.errors import UserError
from bettersynth.recipes.lines import read_recipe
from bettersynth.recipes.mixing.candidates import read_new_captions
from bettersynth.recipes.pool_recipe import pool_values

STATS = {"image_text_similarity_filter": {"hf_clip": "nano"}}
RECIPE = [
    "image_text_similarity_filter",
    {"general_field_filter": {"filter_condition": "id != 's00' and text not in ['x']"}},
    {"specified_numeric_field_filter": {"field_key": "__dj__stats__.image_text_similarity"}},
]


@pytest.fixture
def pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(["a", "b", "c"])
    write_similarity(ids, [0.1, 0.2, 0.3])
    return read_pool()


def listed(new, label):
    return {stat: list(column) for stat, column in new.lines[label].items()}


def test_lines_decide_on_a_captions_own_values_and_on_its_samples_fields(pool):
    write_candidates([("s01", 0, "new", 0.7), ("s01", 1, "newer", 0.8), ("s00", 0, "x", 0.9)])
    lines = read_recipe(RECIPE, "recipe", measured=STATS)
    new = read_new_captions(pool, lines, pool_values(lines, pool))
    assert new.row.tolist() == [1, 1, 0]
    own = [[0.7], [0.8], [0.9]]
    assert listed(new, "image_text_similarity_filter") == {"image_text_similarity": own}
    condition = new.lines["general_field_filter"]["general_field_filter_condition"]
    assert condition == [True, True, False]
    seen = new.lines["specified_numeric_field_filter"]
    assert seen == {"__dj__stats__.image_text_similarity": own}


def test_missing_captions_say_how_to_do_without(pool):
    with pytest.raises(UserError, match="candidates.parquet .*or set mix.exchange=false"):
        read_new_captions(pool, [], {})


def test_a_named_stat_of_a_caption_is_its_own_too(pool):
    write_candidates([("s01", 0, "new", 0.7)])
    table = read_table("data/restats/restats.parquet")
    table = table.append_column("image_text_similarity#large", pa.array([[0.5]]))
    write_table("data/restats/restats.parquet", table)
    ids = pool["id"].to_pylist()
    write_stats("large", ids, {"image_text_similarity#large": [[0.01], [0.02], [0.03]]})
    stats = {**STATS, "large": {"operator": "image_text_similarity_filter", "hf_clip": "a/clip"}}
    recipe = [RECIPE[0], {"image_text_similarity_filter": {"name": "large"}}]
    lines = read_recipe(recipe, "recipe", measured=stats)
    new = read_new_captions(pool, lines, pool_values(lines, pool))
    assert listed(new, "image_text_similarity_filter") == {"image_text_similarity": [[0.7]]}
    assert listed(new, "image_text_similarity_filter#large") == {"image_text_similarity": [[0.5]]}


def test_new_pictures_have_values_of_their_own_and_captions_those_of_their_picture(pool):
    write_candidates([("s01", 0, "new", 0.7)])
    write_drawn([drawn_row("s02", 1000, "c")])
    ids = pool["id"]
    write_stats("image_shape_filter", ids, {"image_width": [[5], [6], [7]]})
    versions = read_new_versions(ids)
    scores = {"image_text_similarity": [[0.7], [0.8]], "image_width": [None, [32]]}
    write_restats(versions, scores)
    stats = {**STATS, "image_shape_filter": {}}
    recipe = [
        "image_shape_filter",
        {"general_field_filter": {"filter_condition": "id == 's02'"}},
    ]
    lines = read_recipe(recipe, "recipe", measured=stats)
    new = read_new_captions(pool, lines, pool_values(lines, pool))
    assert new.image.to_pylist() == ["", "drawn/s02-1000.png"]
    assert new.captioner.to_pylist() == ["tiny", "text_to_image_mapper"]
    assert new.row.tolist() == [1, 2]
    assert listed(new, "image_shape_filter") == {"image_width": [[6], [32]]}
    condition = new.lines["general_field_filter"]["general_field_filter_condition"]
    assert condition == [False, True]
    assert new.rows_with(pictures=True).tolist() == [2]
    assert new.rows_with(pictures=False).tolist() == [1]
