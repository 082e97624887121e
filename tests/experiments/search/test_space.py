"""Values become Hydra's words, and a rule that is out leaves the recipe."""

from pathlib import Path

import pytest
from support.small_search import small_settings

from bettersynth.errors import UserError
from bettersynth.experiments.search.space import hydra_value, overrides_of, require_space
from bettersynth.experiments.workflow.compose import composed

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _in_project(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_a_rule_that_is_out_leaves_the_recipe_with_the_other_values_in_it():
    search = small_settings(rules=["text_length_filter"])
    values = {"filter.threshold": 0.31, "rule:text_length_filter": False}
    words = overrides_of(search, values)
    assert words[0] == "filter.threshold=0.31"
    recipe = composed(["experiment=tiny", *words])["filter"]["recipe"]
    names = [next(iter(line)) for line in recipe]
    assert "text_length_filter" not in names and "words_num_filter" in names
    assert {"image_text_similarity_filter": {"min_score": 0.31}} in recipe
    assert {"image_size_filter": {"min_size": "100", "max_size": "10MB"}} in recipe
    within = values | {"rule:text_length_filter": True}
    assert overrides_of(search, within) == ("filter.threshold=0.31",)


def test_any_value_is_written_as_hydra_reads_it():
    value = {"a": [1, 0.5, None, True, 'say "no", \\w+']}
    assert hydra_value(value) == '{a: [1, 0.5, null, true, "say \\"no\\", \\w+"]}'


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vary": {"filter.treshold": {"low": 0, "high": 1}}}, r"filter.treshold.*threshold"),
        ({"vary": {"mix.visits": {"choices": ["many", 3]}}}, "mix.visits must be of type int"),
        ({"rules": ["text_lenght_filter"]}, "did you mean text_length_filter"),
    ],
)
def test_what_no_stage_takes_is_one_line(changes, message):
    with pytest.raises(UserError, match=message):
        require_space(small_settings(**changes), "conf/search/x.yaml")
