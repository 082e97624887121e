"""A recipe that fails is told from a machine that did."""

from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.search.trial_end import failure_of

LOG = Path("a.log")


def test_the_last_error_is_the_reason_whatever_follows_it():
    words = ["error: mix: one", "error: mix: nothing is left", "ERROR: failed to reproduce 'mix'"]
    reason = failure_of("a", 1, words, LOG, "a.json")
    assert reason == "mix: nothing is left (all words: a.log; to try again: remove a.json)"
    assert failure_of("a", 3, [], LOG, "a.json").startswith("exit code 3 (")


@pytest.mark.parametrize(
    ("code", "words", "told"),
    [
        (-9, [], r"was killed \(signal 9\)"),
        (255, ["... failed to run: x, exited with -9"], "was killed or interrupted"),
        (255, ["... failed to run: x, exited with 137"], "was killed or interrupted"),
        (255, ["interrupted: run it again", "ERROR: exited with 1"], "was killed or interrupted"),
        (1, ["error: No space left on device"], "No space left"),
    ],
)
def test_a_kill_and_a_full_disk_are_no_failure_of_the_recipe(code, words, told):
    with pytest.raises(UserError, match=told):
        failure_of("a", code, words, LOG, "a.json")


def test_a_stage_that_ended_by_itself_was_not_killed():
    words = ["ERROR: failed to run: x, exited with 1"]
    assert failure_of("a", 255, words, LOG, "a.json").startswith(words[0])
