import numpy as np
import pytest
from support.small_columns import column, new_versions

from bettersynth.errors import UserError
from bettersynth.recipes.decisions import undecided
from bettersynth.recipes.lines import read_recipe
from bettersynth.recipes.mixing.exchange import choose_captions, drop_described

IDS = column("a", "b", "c")
BEFORE = np.array([0.3, 0.5, np.nan])
WORDS = read_recipe([{"words_num_filter": {"min_num": 2}}], "recipe")


def choose(new, decisions=None, lines=(), values=None, threshold=0.0, **how):
    chosen = choose_captions(
        BEFORE, new, lines, values or {}, decisions or undecided(3), IDS, threshold, **how
    )
    return {row: position for row, position in enumerate(chosen.tolist()) if position >= 0}


def test_the_best_caption_above_threshold_and_original_comes_in():
    new = new_versions([0, 0, 1], [0.4, 0.6, 0.45])
    assert choose(new) == {0: 1}
    assert choose(new, beat_original=False) == {0: 1, 1: 2}
    assert choose(new, threshold=0.6) == {}


def test_of_equals_the_first_and_against_nothing_any():
    assert choose(new_versions([0, 0], [0.4, 0.4])) == {0: 0}
    assert choose(new_versions([2], [0.1])) == {2: 0}


def test_every_filter_must_hold_for_the_new_caption():
    new = new_versions([0, 0], [0.6, 0.7], words_num_filter={"num_words": [2, 1]})
    assert choose(new, lines=WORDS) == {0: 0}


def test_what_a_new_caption_must_pass_is_a_setting():
    # its words fail the rule; it is above the threshold, and not as similar as the original
    worded = new_versions([0], [0.25], words_num_filter={"num_words": [1]})
    assert choose(worded, lines=WORDS, must_pass="none") == {0: 0}
    assert choose(worded, lines=WORDS, must_pass="similarity") == {}
    replaced = {"lines": WORDS, "beat_original": False}
    assert choose(worded, **replaced, must_pass="similarity") == {0: 0}
    assert choose(worded, **replaced, must_pass="all") == {}
    assert choose(worded, **replaced, threshold=0.3, must_pass="similarity") == {}
    assert choose(worded, **replaced, threshold=0.3, must_pass="none") == {0: 0}


@pytest.mark.parametrize("must_pass", ["all", "similarity", "none"])
def test_what_a_selector_left_out_stays_out(must_pass):
    decisions = undecided(3)
    decisions.drop(np.array([0]), "random_selector#2", "")
    assert choose(new_versions([0], [0.6]), decisions, must_pass=must_pass) == {}


def test_a_dropped_row_does_not_come_in_beside_its_duplicate():
    lines = read_recipe(["image_deduplicator"], "recipe")
    values = {"image_deduplicator": {"__dj__imagehash": ["h", "h", "g"]}}
    decisions = undecided(3)
    decisions.drop(np.array([0]), "words_num_filter", "")
    new = new_versions([0], [0.6])
    assert choose(new, decisions, lines, values) == {}
    values = {"image_deduplicator": {"__dj__imagehash": ["f", "h", "g"]}}
    assert choose(new, decisions, lines, values) == {0: 0}


def test_captions_without_similarity_cannot_be_compared():
    new = new_versions([0])
    with pytest.raises(UserError, match="mix.exchange needs image_text_similarity_filter"):
        choose(new)
    assert choose(new_versions([])) == {}


def test_a_described_sample_may_lose_its_own_caption():
    decisions = undecided(3)
    drop_described(decisions, new_versions([1], [0.6]))
    assert decisions.kept.tolist() == [True, False, True]
    assert decisions.rule[1] == "keep_original_sample"


def test_a_new_picture_takes_no_sample_its_own_one():
    decisions = undecided(3)
    drawn = new_versions([1], [0.6], image=["drawn/a.png"])
    drop_described(decisions, drawn)
    assert decisions.kept.all()


def test_duplicates_are_those_by_the_stat_that_the_line_chooses():
    stats = {"texts": {"operator": "document_deduplicator"}}
    lines = read_recipe([{"document_deduplicator": {"name": "texts"}}], "recipe", measured=stats)
    values = {"document_deduplicator#texts": {"__dj__hash": ["f", "h", "g"]}}
    decisions = undecided(3)
    decisions.drop(np.array([0]), "words_num_filter", "")
    new = new_versions([0], [0.6])
    new.values["__dj__hash#texts"] = ["h"]
    assert choose(new, decisions, lines, values) == {}
