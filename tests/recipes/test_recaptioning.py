from types import SimpleNamespace

import pyarrow as pa
import pytest
from support.small_pool import write_pool, write_similarity

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.errors import UserError
from bettersynth.recipes import recaptioning
from bettersynth.recipes.recaptioning import choose_slice, kept_candidates, prompts_of


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_similarity(write_pool(["a", "b", "c"]), [0.1, 0.2, 0.3])


def settings(**changes):
    defaults = {"prompt": "any", "prompt_key": None, "min_score": 0.15, "max_score": 0.25}
    return SimpleNamespace(**{"seed": 0, "keep_candidate_mode": "all", **defaults, **changes})


def test_the_slice_is_a_range_of_similarities():
    assert choose_slice(settings())["id"].to_pylist() == ["s01"]
    assert choose_slice(settings(min_score=0.1, max_score=0.3)).num_rows == 3
    write_similarity(["x"], [0.1])
    with pytest.raises(UserError, match="belongs to another pool"):
        choose_slice(settings())


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
