"""The captioner says how well a picture tells a text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bettersynth.data.pictures.flips import NO_FLIPS, Flips
from bettersynth.errors import UserError
from bettersynth.measuring.models import nano_matching
from bettersynth.measuring.models.nano_matching import nano_match_probabilities


class Telling:
    """A captioner to which a text is the likelier the nearer its length is to the feature."""

    def log_likelihood(self, pooled, captions):
        assert len(pooled) == len(captions) == 1
        return np.array([-abs(pooled[0, 0] - len(captions[0]))])


@pytest.fixture
def asked(monkeypatch):
    """The captioner above, and the pictures whose features were asked for."""
    asked = []

    def pooled(images, names, flips=NO_FLIPS):
        asked.append((list(names), flips))
        return np.array([[float(name)] for name in names])

    monkeypatch.setattr(nano_matching, "nano_pooled", pooled)
    monkeypatch.setattr(nano_matching, "_captioner", Telling)
    return asked


def test_a_pair_has_the_probability_a_word_of_its_text(asked):
    pairs = [("3", "abc"), ("5", "abc"), ("3", "a")]
    flips = Flips(mirror=True)
    values = nano_match_probabilities(None, pairs, flips)
    assert values == pytest.approx([1.0, math.exp(-2), math.exp(-2)])
    # a picture of two pairs is looked at once
    assert asked == [(["3", "5"], flips)]


def test_a_missing_captioner_is_named_with_the_command_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nano_matching._captioner.cache_clear()
    with pytest.raises(UserError, match="hf_blip: nano needs models/captioner; make it with `snak"):
        nano_matching._captioner()
