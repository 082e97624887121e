"""Values become Hydra's words, and a rule that is out leaves the recipe."""

from pathlib import Path

import pytest
from support.small_search import small_settings

from bettersynth.errors import UserError
from bettersynth.experiments.search.checks import read_search
from bettersynth.experiments.search.space import (
    distributions,
    hydra_value,
    overrides_of,
    require_space,
)
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
        ({"vary": {"mix.seed": {"choices": ["many", 3]}}}, "mix.seed must be of type int"),
        (
            {"vary": {"score.mmbench_protocol": {"choices": ["likelihood", "strict"]}}},
            "=.strict.: it changes score, so that .* measured otherwise than the start; set it in",
        ),
        ({"vary": {"benchmark.seed": {"low": 0, "high": 3}}}, "=3: it changes benchmark, so that"),
        ({"vary": {"predict": {"choices": ["nano", "mgm_2b"]}}}, ".mgm_2b.: it changes predict"),
        ({"rules": ["text_lenght_filter"]}, "did you mean text_length_filter"),
    ],
)
def test_what_no_stage_takes_is_one_line(changes, message):
    with pytest.raises(UserError, match=message):
        require_space(small_settings(**changes), "conf/search/x.yaml")


def test_what_only_trains_otherwise_may_vary():
    vary = {"instruction": {"choices": ["nano", "things"]}}
    search = small_settings(vary=vary)
    require_space(search, "conf/search/x.yaml")
    require_space(read_search("tiny"), "conf/search/tiny.yaml")
    assert list(distributions(search)["instruction"].choices) == ['"nano"', '"things"']


def test_two_whole_ends_draw_whole_numbers_and_decimal_ones_all():
    vary = {"a.b": {"low": 0, "high": 6, "step": 2.0}, "a.c": {"low": 0.0, "high": 1.0}}
    whole, real = distributions(small_settings(vary=vary)).values()
    assert (whole.low, whole.high, whole.step) == (0, 6, 2)
    assert (real.low, real.high, real.step) == (0.0, 1.0, None)
    assert type(whole).__name__ == "IntDistribution"
    assert type(real).__name__ == "FloatDistribution"
