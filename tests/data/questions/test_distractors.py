"""Wrong options are of the asked groups and never hold one another."""

from __future__ import annotations

import numpy as np

from bettersynth.data.questions.distractors import Concept, Distractors


def test_wrong_options_are_of_the_asked_groups_and_of_the_answers_length_first():
    concepts = [Concept(name, "food") for name in ("apple", "bread", "hot dog", "egg")] + [
        Concept("owl", "animals"),
        Concept("polar bear", "animals"),
    ]
    distractors, rng = Distractors(concepts), np.random.default_rng(0)
    assert set(distractors.choose(Concept("apple", "food"), 2, True, rng)) == {"bread", "egg"}
    assert distractors.choose(Concept("apple", "food"), 1, False, rng) == ["owl"]
    assert distractors.choose(Concept("hot dog", "food"), 1, False, rng) == ["polar bear"]
    assert distractors.choose(Concept("apple", "food"), 3, False, rng) is None


def test_an_option_never_holds_another():
    concepts = [Concept(name, "animals") for name in ("cat", "black cat", "cattle", "cow", "dog")]
    rng = np.random.default_rng(0)
    for _ in range(10):
        assert set(Distractors(concepts).choose(Concept("cat", "animals"), 2, True, rng)) == {
            "cow",
            "dog",
        }
