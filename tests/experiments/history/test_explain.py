from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from support.small_pool import write_candidates, write_params, write_pool, write_similarity

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.rewritten import write_rewritten
from bettersynth.data.tables.stats import write_stats
from bettersynth.errors import UserError
from bettersynth.experiments.history.explain import explain
from bettersynth.steps import filter as filter_step
from bettersynth.steps import mix, stats

STATS = {
    "image_text_similarity_filter": {"hf_clip": "nano"},
    "words_num_filter": {},
    "image_deduplicator": {},
    "text_length_filter": {},
}
RECIPE = [
    {"image_text_similarity_filter": {"min_score": 0.35}},
    {"words_num_filter": {"min_num": 5}},
    {"image_deduplicator": {}},
]


@pytest.fixture(autouse=True)
def _experiment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(["a dog", "a red car", "a small blue car", "a tall tree"], seeds=[0, 1, 2, 2])
    write_similarity(ids, [0.1, 0.2, 0.5, 0.6])
    write_params(
        stats=STATS,
        filter={"recipe": RECIPE},
        mix={"visits": 6, "exchange": True, "exchange_threshold": 0.3},
    )
    for name in STATS:
        if name != "image_text_similarity_filter":
            monkeypatch.setattr(sys, "argv", ["stats", name])
            stats.main()
    write_candidates([("s01", 0, "a red bus", 0.25), ("s01", 1, "a bright red car", 0.7)])
    filter_step.main()
    mix.main()


def test_every_rule_shows_value_bound_and_verdict_also_after_the_one_that_dropped():
    lines = explain("s00").splitlines()
    assert lines[2] == "  caption   'a dog'"
    assert (
        "  rule      image_text_similarity_filter: image_text_similarity = [0.1]; allowed "
        "min_score 0.35, max_score 1: DROPPED"
    ) in lines
    assert (
        "  rule      words_num_filter: num_words = 4; allowed min_num 5, max_num inf: would "
        "drop it too"
    ) in lines
    assert any("image_deduplicator" in line and line.endswith(": would keep it") for line in lines)
    assert "  measured  text_length_filter: text_len = 33" in lines
    assert lines[-1] == "  weight    0 visits"


def test_what_mappers_made_of_the_caption_stands_behind_it():
    assert not any(line.startswith("  rewritten") for line in explain("s00").splitlines())
    row = {"id": "s00", "text": text_of_caption("a brown dog"), "mappers": ["x_mapper"]}
    write_rewritten([row | {"original_text": text_of_caption("a dog")}], {})
    lines = explain("s00").splitlines()
    assert lines[2:4] == ["  caption   'a dog'", "  rewritten 'a brown dog' by x_mapper"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("data/filter/card.json", "data/filter/card.json is not valid JSON"),
        ("params.yaml", "params.yaml holds no settings; make it with `bettersynth compose`"),
    ],
)
def test_an_emptied_file_is_not_taken_for_an_absent_one(file, said):
    Path(file).write_bytes(b"")
    with pytest.raises(UserError, match=said):
        explain("s01")


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("data/filter/card.json", "3", "card.json must hold names with values, not 3"),
        (
            "data/filter/card.json",
            '{"bounds": [1]}',
            r"bounds must be names with values, not \[1",
        ),
        ("data/filter/card.json", '{"surviving": 2}', "surviving must be names with values"),
        ("params.yaml", "stats: 3", "params.yaml: stats must be names with values, not 3"),
    ],
)
def test_a_file_of_another_shape_is_one_line(file, content, said):
    Path(file).write_text(content)
    with pytest.raises(UserError, match=said):
        explain("s01")


def test_the_captions_tried_and_the_one_that_is_trained_on():
    lines = explain("s01").splitlines()
    tried = [line for line in lines if line.startswith("  recaption")]
    assert (
        tried[0].startswith("  recaption 0 by tiny: 'a red bus', ")
        and "in training" not in tried[0]
    )
    assert "image_text_similarity = [0.7]" in tried[1] and tried[1].endswith("<- in training")
    assert lines[-1].startswith("  weight    ") and lines[-1].endswith(
        "visits with its new caption 1"
    )


def test_a_kept_sample_and_one_that_repeats_it():
    assert "  filter    kept by every rule" in explain("s02").splitlines()
    repeated = explain("s03")
    assert "DROPPED (same as s02)" in repeated


def test_of_a_random_draw_no_rule_is_said_to_have_kept_a_sample():
    write_params(stats=STATS, filter={"recipe": RECIPE, "control": "random"}, mix={"visits": 6})
    filter_step.main()
    mix.main()
    for sample in ("s00", "s01", "s02", "s03"):
        history = explain(sample)
        assert ": kept" not in history and "kept by every rule" not in history
        drawn = "  filter    drawn by the random control" in history
        assert drawn != ("  control   dropped by random: not drawn" in history)
    assert "allowed min_score 0.35, max_score 1: would drop it too" in explain("s00")


def test_a_rule_without_a_value_of_its_own_does_not_draw():
    condition = {"general_field_filter": {"filter_condition": "text != ''"}}
    recipe = [condition, {"random_selector": {"select_ratio": 0.9}}]
    write_params(stats=STATS, filter={"recipe": recipe}, mix={"visits": 6})
    filter_step.main()
    mix.main()
    history = explain("s00")
    assert "general_field_filter: no value of its own" in history
    assert "random_selector: draws at random" in history


def test_other_splits_rejects_and_unknown_ids():
    assert "split     benchmark: not among the samples" in explain("s04")

    write_table(
        "data/pool/rejects.parquet",
        pa.table({"id": ["r1"], "images": [["r1.png"]], "reason": ["broken image"]}),
    )
    assert explain("r1") == "r1\n  set aside by pool: broken image (r1.png)"
    with pytest.raises(UserError, match="no sample has the id s0; near: s0"):
        explain("s0")
    with pytest.raises(UserError, match="no_such is no folder, commit or experiment"):
        explain("s00", "no_such")


def test_the_decisions_open_in_pandas_in_one_line():
    table = pd.read_parquet("data/mix/decisions.parquet")
    assert table.query("not kept and rule == 'image_text_similarity_filter'")["id"].tolist() == [
        "s00",
        "s01",
    ]
    assert table.set_index("id").loc["s02", "weight"] > 0


def test_every_stat_of_one_operator_is_shown_at_its_own_rule(monkeypatch):
    recipe = [
        {"words_num_filter": {"min_num": 1}},
        {"words_num_filter": {"name": "words_zh", "min_num": 0, "max_num": 1}},
    ]
    named = {"words_zh": {"operator": "words_num_filter", "lang": "zh"}}
    write_params(stats={**STATS, **named}, filter={"recipe": recipe})
    table = read_table("data/stats/words_num_filter.parquet")
    write_stats("words_zh", table["id"], {"num_words#words_zh": [1, 2, 2, 2]})
    filter_step.main()
    lines = explain("s01").splitlines()
    rules = [line.strip() for line in lines if line.startswith("  rule")]
    assert rules[0].startswith("rule      words_num_filter: num_words = 5; allowed")
    shown = "rule      words_num_filter#words_zh: num_words#words_zh = 2; allowed"
    assert rules[1].startswith(shown) and rules[1].endswith("max_num 1: DROPPED")
    assert not any("measured  words_zh" in line for line in lines)


def test_a_stored_signature_is_shown_by_its_beginning():
    name = "text_length_filter"
    write_stats(name, ["s00", "s01", "s02", "s03"], {"signature": [b"abcdefgh" * 25] * 4})
    assert (
        "  measured  text_length_filter: signature = 6162636465666768... (200 bytes)"
    ) in explain("s01").splitlines()


@pytest.mark.parametrize(
    "file",
    [
        "data/mix/decisions.parquet",
        "data/filter/decisions.parquet",
        "data/caption/candidates.parquet",
        "params.yaml",
    ],
)
def test_a_folder_in_the_place_of_a_file_is_told(file):
    Path(file).unlink()
    Path(file).mkdir()
    with pytest.raises(UserError, match=f"{file} is a folder; it must be a file"):
        explain("s01")


def test_settings_without_a_section_are_refused():
    Path("params.yaml").write_text("{}")
    with pytest.raises(UserError, match="^params.yaml holds no settings; make it with `better"):
        explain("s01")
