"""A user of photographs hears what nano's models know before they are trained."""

from pathlib import Path

import pyarrow as pa
import pytest

from bettersynth.data.pool.own_pairs import nano_note, own_similarity_note
from bettersynth.experiments.workflow.compose import composed

ROOT = Path(__file__).parents[3]


def test_own_pairs_keep_their_captions_and_meet_no_similarity_rule_by_default():
    params = composed(["source=jsonl"], ROOT / "conf")
    assert params["caption"]["captioner"] == "none"
    assert params["captioner"]["train"] is False
    rules = [name for line in params["filter"]["recipe"] for name in line]
    assert "words_num_filter" in rules
    assert "image_text_similarity_filter" not in rules
    assert nano_note(params) == ""


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["filter=similarity"], ["its scorer drops pairs"]),
        (["caption=nano", "captioner=nano"], ["its captioner puts captions forward"]),
        (
            ["filter=similarity", "stats.image_text_similarity_filter.hf_clip=clip"],
            [],
        ),
    ],
)
def test_who_chooses_nanos_models_is_told_what_they_know(overrides, said):
    note = nano_note(composed(["source=jsonl", *overrides], ROOT / "conf"))
    assert bool(note) == bool(said)
    for words in said:
        assert words in note


def test_the_embedded_pool_is_what_they_know():
    assert nano_note(composed([], ROOT / "conf")) == ""


def test_who_brings_similarities_hears_how_to_use_them():
    splits = ["pool", "pool", "reference"]
    samples = pa.table({"split": splits, "own_similarity": pa.array([0.3, None, None])})
    note = own_similarity_note(samples, [{"words_num_filter": {}}])
    assert note.startswith("note: 1 of 2 pairs bring a similarity of their own; ")
    recipe = composed(["source=jsonl", "filter=own_similarity"], ROOT / "conf")["filter"]["recipe"]
    assert own_similarity_note(samples, recipe) == ""
    assert own_similarity_note(samples.drop(["own_similarity"]), []) == ""
