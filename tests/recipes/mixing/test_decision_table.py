import numpy as np
import pyarrow as pa
from support.small_columns import column, new_versions

from bettersynth.data.tables.value_columns import ItemLists
from bettersynth.recipes.decisions import drawn_only, undecided
from bettersynth.recipes.left_out import RANDOM
from bettersynth.recipes.lines import read_recipe
from bettersynth.recipes.mixing import decision_table
from bettersynth.recipes.mixing.decision_table import decision_parts, mix_table
from bettersynth.recipes.mixing.mixture import mix_captions

IDS = ["a", "b", "c"]
TEXTS = column("A", "B", "C")
BEFORE = np.array([0.1, 0.2, 0.3])
NEW = new_versions([0], [0.9], candidate=[2])
NONE = np.full(3, -1)


def python(value):
    return value if isinstance(value, list) else int(value)


def decided(lines, values):
    mix = mix_captions(column(*IDS), TEXTS, BEFORE, NEW, NONE)
    return pa.concat_tables(decision_parts(mix, undecided(3), False, lines, values))


def table(lines=(), values=None, drawn=False):
    decisions = undecided(3)
    decisions.drop(np.array([0]), "words_num_filter", "min_num 3", 2.0)
    decisions.drop(np.array([2]), "words_num_filter", "min_num 3")
    mix = mix_captions(column(*IDS), TEXTS, BEFORE, NEW, np.array([0, -1, -1]))
    mix.weight = np.array([2, 1, 0], dtype=np.int32)
    made = pa.concat_tables(decision_parts(mix, decisions, drawn, lines, values or {}))
    return mix, {row["id"]: row for row in made.to_pylist()}


def test_a_reason_says_what_happened_in_words():
    _, rows = table()
    assert rows["a"]["reason"] == (
        "new caption 2 of tiny, similarity 0.100 to 0.900, after words_num_filter "
        "(2; min_num 3) dropped the original; visited 2 times"
    )
    assert rows["b"]["reason"] == "kept by every rule; visited 1 times"
    assert rows["c"]["reason"] == "dropped by words_num_filter (min_num 3)"
    assert [rows[name]["caption_source"] for name in IDS] == ["tiny", "original", ""]


def test_no_rule_is_said_to_keep_what_the_filters_control_drew():
    decisions = drawn_only(np.array([True, True, False]), RANDOM)
    mix = mix_captions(column(*IDS), TEXTS, BEFORE, NEW, NONE)
    made = pa.concat_tables(decision_parts(mix, decisions, False, (), {}))
    reasons = made["reason"].to_pylist()
    assert reasons[1] == "drawn by the random control; visited 0 times"
    assert reasons[2] == "dropped by random (not drawn)"


def test_a_draw_gives_no_other_reasons():
    _, rows = table(drawn=True)
    assert rows["a"]["reason"].startswith("drawn by the random control, with new caption 2 of")
    assert rows["b"]["reason"].startswith("drawn by the random control, with its own caption")
    assert rows["c"]["reason"] == "not drawn by the random control"


def test_lines_show_values_and_verdicts_and_those_of_one_name_stay_apart():
    condition = "general_field_filter_condition"
    entries = [{"general_field_filter": {"filter_condition": "n"}}] * 2 + ["random_selector"]
    lines = read_recipe(entries, "recipe")
    values = {
        "general_field_filter": {condition: [True, True, False]},
        "general_field_filter#2": {condition: [False, True, True]},
        "random_selector": {},
    }
    _, rows = table(lines, values)
    assert (rows["a"][condition], rows["a"][f"{condition}#2"]) == (True, False)
    assert rows["c"]["general_field_filter keeps"] is False
    assert rows["c"]["general_field_filter#2 keeps"] is True
    assert "random_selector keeps" not in rows["a"]


def test_a_signature_stays_out_and_its_verdict_in():
    name = "document_minhash_deduplicator"
    values = {name: {"__dj__minhash": [b"01234567", b"01234567", b"76543210"]}}
    _, rows = table(read_recipe([name], "recipe"), values)
    assert "__dj__minhash" not in rows["a"]
    assert [rows[sample][f"{name} keeps"] for sample in IDS] == [True, False, True]


def test_arrays_become_the_columns_that_lists_would():
    lines = read_recipe(["words_num_filter", "image_size_filter"], "recipe")
    values = {
        "words_num_filter": {"num_words": np.array([3, 4, 5])},
        "image_size_filter": {"image_sizes": ItemLists(np.array([7, 8, 9]), np.array([1, 1, 1]))},
    }
    as_lists = {label: {} for label in values}
    for label, columns in values.items():
        as_lists[label] = {stat: list(map(python, column)) for stat, column in columns.items()}
    made, from_lists = (decided(lines, of_lines) for of_lines in (values, as_lists))
    assert made.equals(from_lists)
    assert made.schema == from_lists.schema


def test_parts_are_the_table(monkeypatch):
    lines = read_recipe(["general_field_filter"], "recipe")
    # by its first rows alone the column would be one of numbers
    condition = {"general_field_filter": {"general_field_filter_condition": [None, None, True]}}
    whole = decided(lines, condition)
    monkeypatch.setattr(decision_table, "ROWS_OF_A_GROUP", 2)
    monkeypatch.setattr(decision_table, "ROWS_AT_ONCE", 1)
    parts = decided(lines, condition)
    assert parts["id"].num_chunks == 2
    assert parts.equals(whole)


def test_the_mix_lists_samples_in_training_alone():
    mix, _ = table()
    assert mix_table(mix, np.array([True, True, False])).to_pylist() == [
        {"id": "a", "caption_source": "tiny", "candidate": 2, "weight": 2},
        {"id": "b", "caption_source": "original", "candidate": -1, "weight": 1},
    ]


def test_stats_of_one_operator_have_columns_of_their_own():
    stats = {"words_num_filter": {}, "zh": {"operator": "words_num_filter", "lang": "zh"}}
    recipe = [
        {"words_num_filter": {"min_num": 4}},
        {"words_num_filter": {"name": "zh", "min_num": 4}},
        {"words_num_filter": {"name": "zh", "min_num": 1, "max_num": 8}},
    ]
    lines = read_recipe(recipe, "recipe", measured=stats)
    zh = {"num_words": [9, 3, 3]}
    values = {
        "words_num_filter": {"num_words": [3, 4, 5]},
        "words_num_filter#zh": zh,
        "words_num_filter#zh#2": zh,
    }
    _, rows = table(lines, values)
    shown = {name: value for name, value in rows["a"].items() if "words" in name}
    assert shown == {
        "num_words": 3,
        "words_num_filter keeps": False,
        "num_words#zh": 9,
        "words_num_filter#zh keeps": True,
        "words_num_filter#zh#2 keeps": False,
    }
