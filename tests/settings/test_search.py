"""The parts of a search go together, or it is one line."""

import pytest
from support.small_search import SETTINGS, small_settings

from bettersynth.errors import UserError
from bettersynth.experiments.search.checks import read_search
from bettersynth.settings.reading import parse_yaml, read_settings
from bettersynth.settings.search import SearchSettings, require_consistent


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vary": {}}, "varies nothing"),
        ({"vary": {"a.b": {"low": 0.4, "high": 0.4}}}, r"a.b is empty: low 0.4 is not below"),
        ({"vary": {"a.b": {"low": 0.4}}}, "needs choices, or low and high"),
        ({"vary": {"a.b": {"choices": [1]}}}, "two values or more"),
        ({"vary": {"a.b": {"choices": [1, 2], "low": 1}}}, "both choices and a range"),
        ({"vary": {"a.b": {"low": 0, "high": 1, "log": True}}}, "low above 0"),
        ({"vary": {"a.b": {"low": 0, "high": 1, "step": 2}}}, "within the range"),
        ({"vary": {"a.b": {"low": 0, "high": 1, "step": 0.1}}}, "write low: 0.0, high: 1.0"),
        ({"vary": {"a.b": {"low": 0, "high": 3, "step": 1.5}}}, "whole ends draw whole numbers"),
        ({"vary": {"a.b": {"low": 0, "high": 5, "step": 2}}}, "never comes to high 5; .*high: 4"),
        (
            {"vary": {"a.b": {"low": 0.1, "high": 0.3, "step": 0.15}}},
            "step is 0.15, which from low 0.1 never comes to high 0.3; write high: 0.25, or",
        ),
        ({"vary": {"seeds": {"choices": [[0], [1]]}}}, "vary: seeds may not vary: the ladder"),
        ({"vary": {"mix.visits": {"low": 1, "high": 9}}}, "mix.visits may not vary: the rungs"),
        (
            {"vary": {"pretrain.visits": {"low": 1, "high": 9}}},
            "pretrain.visits may not vary: the rungs",
        ),
        ({"vary": {"experiment": {"choices": ["a", "b"]}}}, "experiment may not vary: the line"),
        ({"vary": {"scale": {"choices": ["a", "b"]}}}, "scale may not vary: the experiment"),
        ({"vary": {"+control": {"choices": ["random", "a"]}}}, r"\+control would add or remove"),
        ({"vary": {"++mix.exchange": {"choices": [True, False]}}}, "would add or remove"),
        ({"vary": {"~x": {"choices": [1, 2]}}}, "~x would add or remove a setting; name one"),
        ({"budget": {}}, "needs cpu_seconds or gpu_seconds"),
        ({"objectives": []}, "must name one key"),
        ({"ladder": []}, "needs a rung"),
        ({"ladder": [{"visits": 1, "seeds": 1, "keep": 9}]}, "keep is 9, but 8 candidates enter"),
        (
            {"ladder": [{"visits": 1, "seeds": 1, "keep": 1, "measure": "options"}]},
            "last rung ranks by options, but the race",
        ),
        (
            {"ladder": [{"visits": 1, "seeds": n, "keep": 1} for n in (2, 1)]},
            r"ladder\[1\].seeds is 1; the rung before has 2",
        ),
        (
            {"evidence": "together", "objectives": ["mmbench", "samples"]},
            "evidence is together, which expects one objective, and objectives has 2",
        ),
        ({"race_seeds": 1, "ladder": [{"visits": 1, "seeds": 2, "keep": 1}]}, "race_seeds is 1"),
    ],
)
def test_a_search_that_cannot_be_run_is_one_line(changes, message):
    with pytest.raises(UserError, match=message):
        require_consistent(small_settings(**changes), "conf/search/x.yaml")


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("2024-01-02", r"holds datetime.date\(2024, 1, 2\); null, true"),
        ("!!binary aGk=", "holds b'hi'; null, true"),
        ("!!set {a, b}", "null, true, false, numbers, text, lists"),
        ("[{a: [2024-01-02]}]", r"holds datetime.date\(2024, 1, 2\); null, true"),
        ("{1: a}", "the name 1 is no text; quote it"),
    ],
)
def test_a_choice_that_hydra_has_no_word_for_is_one_line(choice, message):
    choices = parse_yaml(f"[1, {choice}]".encode(), "x")
    with pytest.raises(UserError, match=message):
        require_consistent(small_settings(vary={"a.b": {"choices": choices}}), "x")


def test_steps_that_come_to_the_end_pass_with_decimals_too():
    ranges = parse_yaml(
        b"{a.b: {low: 0.1, high: 0.3, step: 0.1}, a.c: {low: 0, high: 1.0, step: "
        b"1e-2}, a.d: {low: 5, high: 9, step: 2}}",
        "x",
    )
    search = small_settings(vary=ranges)
    require_consistent(search, "x")
    assert isinstance(search.vary["a.c"].high, float)


def test_a_scored_rung_may_have_fewer_seeds_than_one_of_a_cheap_measure():
    ladder = [
        {"visits": 10, "seeds": 3, "keep": 3, "measure": "options"},
        {"visits": 20, "seeds": 1, "keep": 2},
    ]
    require_consistent(small_settings(ladder=ladder), "conf/search/x.yaml")
    # of one measure it may not
    ladder[1]["measure"] = "options"
    ladder.append({"visits": 20, "seeds": 1, "keep": 1})
    with pytest.raises(UserError, match="seeds"):
        require_consistent(small_settings(ladder=ladder), "conf/search/x.yaml")


def test_two_fresh_seeds_could_show_nothing():
    with pytest.raises(UserError, match="fresh_seeds"):
        read_settings(SearchSettings, SETTINGS | {"fresh_seeds": 2}, "x")


@pytest.mark.parametrize(
    ("name", "objective"), [("tiny", "mmbench"), ("nano", "mmbench_probability")]
)
def test_the_searches_of_conf_can_be_read(name, objective):
    assert read_search(name).objectives == [objective]
