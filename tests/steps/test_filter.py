from __future__ import annotations

import pytest
from support.small_pool import write_params, write_pool, write_similarity

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.errors import UserError
from bettersynth.steps import filter as filter_step
from bettersynth.steps import stats as stats_step

STATS = {"image_text_similarity_filter": {"hf_clip": "nano"}, "words_num_filter": {}}
SCORES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(
        ["a", "b", "c", "d", "e", "f"], planted=[True, True, False, True, False, False]
    )
    write_similarity(ids, SCORES)


def run(**settings):
    settings.setdefault("recipe", [{"image_text_similarity_filter": {"min_score": 0.35}}])
    write_params(stats=STATS, filter=settings)
    filter_step.main()
    return read_table("data/filter/decisions.parquet").to_pydict()


def test_a_decision_names_rule_value_and_bound():
    table = run()
    assert table["kept"] == [False, False, False, True, True, True]
    assert table["rule"] == ["image_text_similarity_filter"] * 3 + [""] * 3
    assert table["value"][:3] == SCORES[:3]
    assert table["bound"][0] == "min_score 0.35, max_score 1"


def test_the_order_of_the_lines_decides_which_rule_drops(capsys):
    table = run(
        recipe=[
            {"image_text_similarity_filter": {"max_score": 0.45}},
            {"random_selector": {"select_num": 2}},
        ]
    )
    assert sum(table["kept"]) == 2
    assert read_json("data/filter/card.json")["surviving"] == {
        "image_text_similarity_filter": 4,
        "random_selector": 2,
    }
    assert "4 after image_text_similarity_filter" in capsys.readouterr().out


def test_the_same_operator_twice_is_two_rules():
    recipe = [
        {"image_text_similarity_filter": {"min_score": 0.15}},
        {"image_text_similarity_filter": {"max_score": 0.55}},
    ]
    assert run(recipe=recipe)["rule"] == [
        "image_text_similarity_filter",
        "",
        "",
        "",
        "",
        "image_text_similarity_filter#2",
    ]


def test_the_random_control_keeps_as_many_from_the_whole_pool():
    first, second = run(control="random"), run(control="random")
    other = run(control="random", seed=1)
    assert sum(first["kept"]) == sum(other["kept"]) == 3
    assert first["kept"] == second["kept"]
    assert {rule for rule, kept in zip(first["rule"], first["kept"], strict=True) if not kept} == {
        "random"
    }


def test_the_oracle_control_drops_planted_mismatches():
    table = run(recipe=[], oracle=True)
    assert table["kept"] == [False, False, True, False, True, True]
    assert table["rule"][0] == "oracle"


def test_an_empty_result_names_the_rule_that_dropped_most():
    with pytest.raises(
        UserError, match=r"no sample is left.*image_text_similarity_filter \(min_score 0.9.*6 of 6"
    ):
        run(recipe=[{"image_text_similarity_filter": {"min_score": 0.9}}])


def test_measuring_settings_belong_in_stats():
    with pytest.raises(
        UserError,
        match=(
            r"reduce_mode decides what is measured; set it in "
            r"stats\.image_text_similarity_filter"
        ),
    ):
        run(recipe=[{"image_text_similarity_filter": {"reduce_mode": "max"}}])


def test_unknown_settings_and_operators_are_named_with_the_valid_ones():
    with pytest.raises(
        UserError,
        match=(
            r"has no setting min_nums \(did you mean min_num\?\); its settings are: .*max_num, "
            r".*min_num"
        ),
    ):
        run(recipe=[{"words_num_filter": {"min_nums": 3}}])
    with pytest.raises(
        UserError, match=r"there is no operator word_num_filter \(did you mean words_num_filter\?\)"
    ):
        run(recipe=[{"word_num_filter": {}}])


def test_an_operator_that_is_not_measured_is_refused():
    with pytest.raises(
        UserError, match="text_length_filter is not measured; add it to the section stats"
    ):
        run(recipe=[{"text_length_filter": {}}])


def test_stats_of_another_pool_are_refused():
    write_similarity(["x"], [0.1])
    with pytest.raises(UserError, match="belongs to another pool"):
        run()


def test_two_stats_of_one_operator_each_have_their_rule(monkeypatch, capsys):
    ten_words = "a b c d e f g h i j"
    write_pool(["a plain red car", "red car red car red car", f"{ten_words} {ten_words}"])
    repetition = "word_repetition_filter"
    names = {"short_runs": 3, "long_runs": 10}
    stats = {name: {"operator": repetition, "rep_len": length} for name, length in names.items()}
    recipe = [
        {repetition: {"name": "long_runs", "max_ratio": 0.1}},
        {repetition: {"name": "short_runs", "max_ratio": 0.5}},
    ]
    write_params(stats=stats, filter={"recipe": recipe})
    for name in names:
        monkeypatch.setattr("sys.argv", ["stats", name])
        stats_step.main()
    # with the special tokens' two words; runs that come twice, of all runs
    long_runs = read_table("data/stats/long_runs.parquet")["word_rep_ratio#long_runs"].to_pylist()
    assert long_runs == [0, 0, 2 / 13]
    short_runs = read_table("data/stats/short_runs.parquet")["word_rep_ratio#short_runs"]
    assert short_runs.to_pylist() == [0, 4 / 6, 16 / 20]
    filter_step.main()
    rules = read_table("data/filter/decisions.parquet")["rule"].to_pylist()
    assert rules == ["", f"{repetition}#short_runs", f"{repetition}#long_runs"]
    counts = {f"{repetition}#long_runs": 2, f"{repetition}#short_runs": 1}
    assert read_json("data/filter/card.json")["surviving"] == counts
    assert "1 after word_repetition_filter#short_runs" in capsys.readouterr().out
