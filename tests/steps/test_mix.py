from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.small_pool import write_candidates, write_params, write_pool, write_similarity

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.data.tables.contamination import write_dropped
from bettersynth.recipes.mixing.training_set import question_of
from bettersynth.steps import filter as filter_step
from bettersynth.steps import mix

STATS = {
    "image_text_similarity_filter": {"hf_clip": "nano"},
    "words_num_filter": {},
    "image_deduplicator": {},
}
RECIPE = [
    {"words_num_filter": {"min_num": 4}},
    {"image_text_similarity_filter": {"min_score": 0.35}},
]
CAPTIONS = ["a dog", "a cat", "a red car", "a tall tree", "a blue fish", "a green hat"]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(
        CAPTIONS, seeds=[0, 1, 2, 3, 3, 5], planted=[True, True, False, False, True, False]
    )
    write_similarity(ids, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])


def run(candidates=(), recipe=RECIPE, keep_original_sample=True, **settings):
    import sys

    from bettersynth.steps import stats

    settings = {"visits": 10, "exchange": bool(candidates), "exchange_threshold": 0.35, **settings}
    write_params(
        stats=STATS,
        filter={"recipe": recipe},
        mix=settings,
        caption={"keep_original_sample": keep_original_sample},
    )
    for name in ("words_num_filter", "image_deduplicator"):
        sys.argv = ["stats", name]
        stats.main()
    if candidates:
        write_candidates(candidates)
    filter_step.main()
    mix.main()
    rows = {row["id"]: row for row in read_table("data/mix/decisions.parquet").to_pylist()}
    return rows, read_json("data/mix/train.json"), read_json("data/mix/card.json")


@pytest.fixture(autouse=True)
def _arguments(monkeypatch):
    monkeypatch.setattr("sys.argv", ["test"])


def test_whole_passes_are_repeated_up_to_the_budget():
    rows, train, card = run()
    assert [rows[f"s{k:02d}"]["weight"] for k in range(3)] == [0, 0, 0]
    assert sorted(rows[f"s{k:02d}"]["weight"] for k in range(3, 6)) == [3, 3, 4]
    assert len(train) == card["counts"]["visits"] == 10
    assert {sample["id"] for sample in train[:3]} == {"s03", "s04", "s05"}


def test_a_small_budget_samples_down():
    _, train, card = run(visits=2)
    assert len({sample["id"] for sample in train}) == 2
    assert card["counts"]["samples"] == 3


def test_training_rows_are_llava_rows_with_a_fixed_question():
    _, train, _ = run()
    sample = next(sample for sample in train if sample["id"] == "s03")
    assert sample["image"] == "s03.png"
    assert sample["conversations"][0]["value"] == f"<image>\n{question_of('s03')}"
    assert question_of("s03") in DESCRIBE_QUESTIONS
    assert sample["conversations"][1] == {"from": "gpt", "value": "a tall tree"}


def test_the_best_new_caption_above_threshold_and_original_comes_in():
    rows, train, card = run(
        [
            ("s00", 0, "a big dog", 0.4),
            ("s00", 1, "one big brown dog", 0.45),
            ("s01", 0, "a small cat", 0.3),
        ]
    )
    assert (rows["s00"]["caption_source"], rows["s00"]["candidate"], rows["s00"]["similarity"]) == (
        "tiny",
        1,
        0.45,
    )
    assert rows["s00"]["weight"] > 0
    assert rows["s01"]["weight"] == 0
    assert "none of 1 new captions passed" in rows["s01"]["reason"]
    assert card["counts"]["exchanged"] == 1
    assert {"one big brown dog"} == {
        sample["conversations"][1]["value"] for sample in train if sample["id"] == "s00"
    }
    assert card["similarity"]["exchanged_before"]["mean"] == pytest.approx(0.1)
    assert card["similarity"]["exchanged_after"]["mean"] == pytest.approx(0.45)


def test_a_new_caption_must_beat_the_original_and_meet_the_other_rules():
    rows, _, _ = run([("s05", 0, "a worse hat here", 0.5), ("s02", 0, "car", 0.9)])
    assert rows["s05"]["caption_source"] == "original"
    assert rows["s02"]["weight"] == 0


def test_without_originals_a_described_sample_is_used_with_a_new_caption_or_not_at_all():
    rows, _, _ = run(
        [("s05", 0, "a worse hat here", 0.5), ("s04", 0, "a fish", 0.2)], keep_original_sample=False
    )
    assert (rows["s05"]["caption_source"], rows["s05"]["similarity"]) == ("tiny", 0.5)
    assert rows["s05"]["reason"].startswith(
        "new caption 0 of tiny, similarity 0.600 to 0.500, after keep_original_sample"
    )
    assert (rows["s04"]["weight"], rows["s04"]["rule"]) == (0, "keep_original_sample")
    assert rows["s03"]["caption_source"] == "original"


def test_a_new_caption_does_not_bring_back_a_near_duplicate_picture():
    recipe = [{"image_text_similarity_filter": {"min_score": 0.45}}, {"image_deduplicator": {}}]
    rows, _, card = run([("s03", 0, "a very tall tree", 0.9)], recipe=recipe)
    assert rows["s04"]["weight"] > 0
    assert (rows["s03"]["weight"], rows["s03"]["caption_source"]) == (0, "")
    assert card["counts"]["exchanged"] == 0


def test_the_card_says_how_well_similarity_finds_planted_mismatches():
    _, _, card = run()
    found = card["detectors"]["image_text_similarity_filter"]
    assert (found["dropped"], found["precision"]) == (3, pytest.approx(2 / 3))
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["roc_auc"] == pytest.approx(7 / 9)
    assert card["planted"]["kept_with_their_wrong_caption"] == 1


def test_the_same_parameters_give_the_same_bytes_and_another_seed_another_order():
    run()
    first = Path("data/mix/train.json").read_bytes()
    run()
    assert Path("data/mix/train.json").read_bytes() == first
    _, train, _ = run(seed=1)
    assert train != json.loads(first)


def test_every_column_of_the_decisions_table_is_there():
    rows, _, _ = run()
    assert rows["s00"]["num_words"] == 4
    assert rows["s00"]["image_text_similarity_filter keeps"] is False
    assert rows["s00"]["words_num_filter keeps"] is True
    assert (
        rows["s00"]["reason"]
        == "dropped by image_text_similarity_filter (0.1; min_score 0.35, max_score 1)"
    )


NEW = [(f"s{k:02d}", c, f"a caption of picture {k} {c}", 0.9) for k in (0, 1, 2) for c in (0, 1)]


def sources(rows):
    return sorted(row["caption_source"] for row in rows.values() if row["weight"])


def test_the_random_control_has_the_recipes_size_visits_and_caption_sources():
    recipe, train, card = run([*NEW[:2], *NEW[4:]], exchange_threshold=0.35)
    control, control_train, control_card = run(
        [*NEW[:2], *NEW[4:]], exchange_threshold=0.35, control="random"
    )
    assert sources(control) == sources(recipe) == ["original"] * 3 + ["tiny"] * 2
    assert len(control_train) == len(train)
    assert {
        key: control_card["counts"][key] for key in ("samples", "visits", "exchanged", "original")
    } == {key: card["counts"][key] for key in ("samples", "visits", "exchanged", "original")}
    assert all(
        row["weight"] == 0
        for row in control.values()
        if row["reason"] == "not drawn by the random control"
    )
    assert {
        row["reason"].split(";")[0]
        for row in control.values()
        if row["caption_source"] == "original"
    } == {"drawn by the random control, with its own caption"}


def test_the_random_control_draws_from_the_whole_pool_and_again_the_same():
    drawn = set()
    for seed in range(8):
        rows, _, _ = run(control="random", seed=seed)
        drawn |= {sample for sample, row in rows.items() if row["weight"]}
    assert drawn == {f"s{k:02d}" for k in range(6)}
    first = Path("data/mix/mix.parquet").read_bytes()
    run(control="random", seed=7)
    assert Path("data/mix/mix.parquet").read_bytes() == first


def test_what_a_benchmark_holds_is_trained_on_by_no_caption_and_in_no_control():
    write_dropped(["s03", "s05"], [])
    for control in ("", "random"):
        rows, train, card = run(NEW, control=control)
        assert rows["s03"]["reason"] == "dropped by contamination (a benchmark holds it)"
        assert not {"s03", "s05"} & {entry["id"] for entry in train}
        assert card["dropped_by"]["contamination"] == 2


def test_what_the_budget_left_out_is_no_part_of_the_training_set():
    # five samples pass: three by their own caption, two by a new one
    new = [("s00", 0, "a brown dog in grass", 0.9), ("s01", 0, "a black cat on a mat", 0.9)]
    rows, train, card = run(new, budget=2, visits=8)
    trained = sorted({entry["id"] for entry in train})
    assert len(trained) == card["counts"]["samples"] == 2
    assert card["counts"]["visits_per_sample"] == 4
    assert read_table("data/mix/mix.parquet")["id"].to_pylist() == trained
    undrawn = [row for row in rows.values() if row["rule"] == "budget"]
    assert card["over_budget"] == len(undrawn) == 3
    for row in undrawn:
        assert row["reason"] == "dropped by budget (not among the 2 that were drawn)"
        assert (row["weight"], row["candidate"], row["kept"]) == (0, -1, False)
    exchanged = [row for row in rows.values() if row["candidate"] >= 0]
    assert card["counts"]["exchanged"] == len(exchanged)
