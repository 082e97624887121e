from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from support.small_columns import column
from support.small_pool import write_pool, write_similarity

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.decisions import write_decisions
from bettersynth.data.tables.row_texts import RowTexts
from bettersynth.errors import UserError
from bettersynth.recipes import recaptioning
from bettersynth.recipes.recaptioning import (
    choose_slice,
    kept_candidates,
    planned_captions,
    prompts_of,
)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_similarity(write_pool(["a", "b", "c"]), [0.1, 0.2, 0.3])


def settings(**changes):
    defaults = {
        "of": "all",
        "prompt": "any",
        "prompt_key": None,
        "min_score": 0.15,
        "max_score": 0.25,
    }
    return SimpleNamespace(**{"seed": 0, "keep_candidate_mode": "all", **defaults, **changes})


def test_the_slice_is_a_range_of_similarities():
    assert choose_slice(settings())["id"].to_pylist() == ["s01"]
    assert choose_slice(settings(min_score=0.1, max_score=0.3)).num_rows == 3
    write_similarity(["x"], [0.1])
    with pytest.raises(UserError, match="belongs to another pool"):
        choose_slice(settings())


def decided(kept, rules):
    ids = column("s00", "s01", "s02")
    rule = RowTexts.of(column(*rules))
    write_decisions(ids, np.array(kept), rule, np.full(3, np.nan), RowTexts(3))


@pytest.mark.parametrize(
    ("of", "chosen"),
    [("all", ["s00", "s01", "s02"]), ("kept", ["s00"]), ("dropped", ["s01"])],
)
def test_the_filter_says_who_is_asked_about(of, chosen):
    # a selector's choice is no verdict on the sample: no new caption brings s02 back
    decided([True, False, False], ["", "words_num_filter", "random_selector"])
    everyone = settings(of=of, min_score=-1.0, max_score=1.0)
    assert choose_slice(everyone)["id"].to_pylist() == chosen


def test_the_slice_counts_among_the_kept_too():
    decided([True, True, False], ["", "", "words_num_filter"])
    assert choose_slice(settings(of="kept"))["id"].to_pylist() == ["s01"]


def test_asking_about_the_kept_needs_the_filters_decisions():
    with pytest.raises(UserError, match="decisions.parquet does not exist; run"):
        choose_slice(settings(of="kept"))


def test_a_blank_prompt_of_its_own_is_the_general_one():
    groups = pa.table({"group": ["What is this?", " "]})
    assert prompts_of(groups, settings(prompt_key="group")) == ["What is this?", "any"]
    assert prompts_of(groups, settings()) == ["any", "any"]


def test_the_best_caption_is_the_one_that_fits_its_picture(monkeypatch):
    seen = []

    def measure(operator, measuring, batch, column):
        seen.extend(batch.texts)
        scores = [[float("best" in text)] for text in batch.texts]
        return SimpleNamespace(values={"image_text_similarity": scores})

    monkeypatch.setattr(recaptioning, "measure", measure)
    monkeypatch.setattr(recaptioning, "open_column", lambda operator, measuring: None)
    params = {"stats": {"image_text_similarity_filter": {"hf_clip": "nano"}}}
    captions = [["x", "the best"], [], ["only"]]
    kept = kept_candidates(
        settings(keep_candidate_mode="best_similarity"), read_pool(), captions, params
    )
    assert kept == [[1], [], [0]]
    assert len(seen) == 2


def test_captions_are_planned_by_the_slice(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path / "cache"))
    two = settings(captioner="none", settings={}, caption_num=2, max_score=0.3)
    samples, wanted, known = planned_captions(two)
    assert (samples, known) == (2, 0)
    # pictures may be equal
    assert wanted in (2, 4)
