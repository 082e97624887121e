"""The page of a small run: true in its words, safe with what captions hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from support.small_report import PLANTED, make_run

from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.questions.prompts import text_prompt
from bettersynth.data.tables.benchmark import (
    read_annotation_file,
    read_baselines,
    write_annotations,
    write_baselines,
)
from bettersynth.data.tables.mix import MIX_DECISIONS
from bettersynth.data.tables.score import read_score, write_score
from bettersynth.evaluation.benchmarks.baselines import textvqa_baselines
from bettersynth.experiments.report.page import curve_view, make_page, shown_params, versions
from bettersynth.steps import score


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_page_shows_the_counts_of_every_line_the_pairs_and_their_reasons() -> None:
    page = " ".join(make_page(make_run(PLANTED)).split())
    for line, count in (
        ("words_num_filter", 8),
        ("image_text_similarity_filter", 4),
        ("image_shape_filter", 4),
    ):
        assert re.search(rf'<div class="label">{line}<.*?<div class="count">{count}[< ]', page)
    assert "5 in training" in page
    assert "<del>a dog</del> a brown dog" in page
    assert "similarity 0.100 to 0.500" in page
    assert "swapped on purpose" in page
    assert "&lt;script&gt;alert(1)" in page
    # of scripts the page has its own alone
    assert page.count("<script") == 1
    assert "<script>alert" not in page
    assert 'class="bound-label "' in page
    assert page.count('<polyline class="line thin"') == 6


def test_things_and_reading_stand_apart_with_their_blind_answers() -> None:
    params = make_run(PLANTED)
    entries = read_annotation_file()["data"]
    questions = []
    for number, entry in enumerate(entries):
        entry["question_kind"] = "thing" if number < 10 else "only"
        text = text_prompt(entry["question"], ["stop", "go"])
        questions.append({"question_id": entry["image_id"], "text": text})
    write_annotations(entries)
    levels = read_baselines()
    levels["textvqa"] = textvqa_baselines(questions, entries)
    write_baselines(levels)
    score.main()
    made = read_score()
    page = " ".join(make_page(params).split())
    reading = f"of things that must be seen; reading alone {made['textvqa_reading']:.1f}, best "
    assert reading in page
    assert "10 questions on drawn things between three names" in page
    assert page.count("TextVQA reading") > 4
    assert "TextVQA, thing" in page
    assert "TextVQA, only" in page


def test_dvc_plots_get_every_seeds_loss_and_every_categorys_interval() -> None:
    make_page(make_run(PLANTED))
    lines = Path("results/plots/pretrain_loss.tsv").read_text().splitlines()
    assert lines[0] == "seed\tstep\tloss"
    assert len(lines) == 1 + 3 * 29
    assert lines[1] == "0\t1\t3"
    head, *rows = (
        line.split("\t") for line in Path("results/plots/categories.tsv").read_text().splitlines()
    )
    assert head == ["category", "score", "low", "high", "note"]
    assert {row[0] for row in rows} >= {"CP", "FP-S", "group 0", "TextVQA, only"}
    assert all(float(low) <= float(value) <= float(high) for _, value, low, high, _ in rows)
    root = Path(__file__).parents[3]
    plots = [
        next(iter(entry.values()))
        for entry in yaml.safe_load((root / "dvc.yaml").read_text())["stages"]["report"]["plots"]
    ]
    for plot in plots:
        encoding = json.loads((root / f".dvc/plots/{plot['template']}.json").read_text())
        assert "<DVC_METRIC_DATA>" in str(encoding)


def test_the_end_of_a_long_curve_is_a_mean_and_the_curve_is_smooth() -> None:
    steps = [float(step) for step in range(100)]
    noisy = [2.0 + (-1) ** step for step in range(100)]
    view = curve_view("Stage 1", {0: (steps, noisy)})
    assert "last tenth 2.000" in view["note"]
    heights = re.findall(r",([\d.]+)", view["chart"].split('class="line thin"')[1])
    assert max(map(float, heights)) - min(map(float, heights)) < 60


def test_a_score_that_a_rule_without_the_picture_reaches_is_no_success() -> None:
    weak = make_page(make_run(PLANTED, reading=0.1))
    assert 'class="card weak"><span>TextVQA' in weak
    assert "not shown to see" in weak


def test_a_score_that_does_not_beat_guessing_is_said_in_words() -> None:
    page = make_page(make_run(PLANTED, reading=0.1))
    assert "does not beat answering with any word that the OCR engine listed" in page
    assert "Sign reading is not learned" in page


def test_a_score_that_beats_guessing_is_said_too_and_the_total_names_its_baseline() -> None:
    baseline = {
        "mmbench": 40.0,
        "textvqa": 50.0,
        "mmbench_protocol": "likelihood",
        "source": "the experiment <unfiltered>",
    }
    write_json("baseline.json", baseline)
    page = make_page(make_run(PLANTED, reading=0.95, baseline="baseline.json"))
    assert "beats answering with any word" in page
    assert "Sign reading is not learned" not in page
    assert "1 is the experiment &lt;unfiltered&gt;" in page


def test_a_source_without_planted_mismatches_has_a_page_that_says_so() -> None:
    page = make_page(make_run(None))
    assert "This source has no planted mismatches" in page
    assert "ROC curve" not in page


def test_a_curve_says_where_its_seeds_ended() -> None:
    view = curve_view("Stage 1", {0: ([1.0, 2.0], [3.0, 2.0]), 1: ([1.0, 2.0], [3.0, 1.0])})
    assert view["note"] == "mean loss of the last tenth 1.500, from 1.000 to 2.000 over the seeds"
    assert "Stage 1: loss curves of 2 seeds" in view["chart"]


def test_what_decides_the_data_is_shown_with_the_versions() -> None:
    shown = shown_params({"launch": {}, "seeds": [0], "filter": {"threshold": 0.3}})
    assert yaml.safe_load(shown) == {"filter": {"threshold": 0.3}, "seeds": [0]}
    assert shown.index("filter") < shown.index("seeds")
    assert {"Python", "numpy", "torch"} <= set(versions())


def test_planted_mismatches_without_a_similarity_are_not_called_none() -> None:
    params = make_run(PLANTED)
    decisions = read_table(MIX_DECISIONS)
    place = decisions.schema.get_field_index("similarity_before")
    unknown = pa.nulls(decisions.num_rows, decisions["similarity_before"].type)
    write_table(MIX_DECISIONS, decisions.set_column(place, "similarity_before", unknown))
    page = " ".join(make_page(params).split())
    assert "This source has no planted mismatches" not in page
    assert "3 of 8 captions in the pool were swapped" in page
    assert "How well low similarity finds them is not known" in page
    assert "Each rule alone" in page
    assert "ROC curve" not in page


def test_the_intervals_of_one_seed_are_not_said_to_be_over_seeds() -> None:
    params = make_run(PLANTED)
    assert "95 % interval over seeds and items" in make_page(params)
    write_score(read_score() | {"seeds": 1})
    page = make_page(params)
    assert "95 % interval over items" in page
    assert "over seeds and items" not in page
