import numpy as np
import pytest
from support.small_columns import column
from support.small_pool import write_params, write_pool

from bettersynth.data.files.reading import read_json
from bettersynth.data.tables.decisions import FILTER_CARD, read_decisions
from bettersynth.data.tables.stats import write_stats
from bettersynth.errors import UserError
from bettersynth.recipes.decisions import undecided
from bettersynth.recipes.lines import read_recipe
from bettersynth.recipes.pool_filter import require_survivors
from bettersynth.steps import filter as filter_step

STATS = {"words_num_filter": {}}


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_operators_that_read_fields_decide_over_the_pool():
    ids = write_pool(["one", "two words", "three words here", "four"])
    write_stats("words_num_filter", ids, {"num_words": [3, 4, 5, 3]})
    recipe = [
        {"suffix_filter": {"suffixes": [".parquet"]}},
        {"specified_field_filter": {"field_key": "style", "target_value": ["noise"]}},
        {"words_num_filter": {"min_num": 1}},
        {"general_field_filter": {"filter_condition": "__dj__stats__.num_words < 5"}},
        {"specified_numeric_field_filter": {"field_key": "width", "max_value": 100}},
        {"topk_specified_field_selector": {"field_key": "__dj__stats__.num_words", "topk": 1}},
    ]
    write_params(stats=STATS, filter={"recipe": recipe})
    filter_step.main()
    surviving = read_json(FILTER_CARD)["surviving"]
    assert surviving["suffix_filter"] == surviving["specified_field_filter"] == 4
    assert surviving["general_field_filter"] == 3
    # s01 is 108 pixels wide
    assert surviving["specified_numeric_field_filter"] == 2
    decisions = read_decisions(column(*ids)).to_pydict()
    assert decisions["kept"] == [True, False, False, False]
    assert decisions["rule"][1:] == [
        "specified_numeric_field_filter",
        "general_field_filter",
        "topk_specified_field_selector",
    ]
    assert decisions["value"][1:3] == [108.0, 0.0]


def test_nothing_left_names_the_rule_that_dropped_most():
    lines = read_recipe([{"words_num_filter": {"min_num": 9}}], "recipe")
    decisions = undecided(3)
    require_survivors(decisions, lines)
    decisions.drop(np.array([0]), "oracle", "")
    decisions.drop(np.array([1, 2]), "words_num_filter", "")
    with pytest.raises(UserError, match=r"words_num_filter \(min_num 9.*dropped most: 2 of 3"):
        require_survivors(decisions, lines)
