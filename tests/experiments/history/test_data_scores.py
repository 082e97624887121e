"""The numbers of a training set: how different its pairs are, how far its pictures lie apart."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest

from bettersynth.errors import UserError
from bettersynth.evaluation.statistics.frechet_distance import frechet_distance
from bettersynth.experiments.history import data_scores as module
from bettersynth.experiments.history.data_scores import Eyes, described, score_data

# by experiment: caption, pictures, the pool's pictures that new ones stand for
SETS = {
    "plain": [("a", [b"1"], []), ("b", [b"2"], []), ("b", [b"2"], []), ("c", [b"3"], [])],
    "drawn": [("a", [b"10"], [b"1"]), ("b", [b"20"], [b"2"]), ("c", [b"3"], [])],
    "one": [("a", [b"1"], [])],
}


class Pairs:
    """The training set of an experiment, held in memory."""

    def __init__(self, name):
        self.pairs = [SimpleNamespace(caption=c, own=own, old=old) for c, own, old in SETS[name]]

    def __iter__(self):
        return iter(self.pairs)

    def hashes(self, pair):
        return [hashlib.sha256(content).hexdigest() for content in pair.own]

    def pictures(self, pair):
        return pair.own

    def replaced(self, pair):
        return [hashlib.sha256(content).hexdigest() for content in pair.old]

    def read_replaced(self, pair, number):
        return pair.old[number]


def numbers(images, names):
    """A picture's own number beside a 1: two features."""
    return np.array([[1.0, float(images.read(name))] for name in names])


class Scorer:
    """Every picture is unlike the others, every caption like them."""

    def embed_images(self, images, names):
        return np.eye(len(names))

    def embed_texts(self, texts):
        return np.tile([0.6, 0.8], (len(texts), 1))


@pytest.fixture(autouse=True)
def looked_at(monkeypatch):
    monkeypatch.setattr(module, "TrainingPairs", Pairs)
    monkeypatch.setattr(module, "load_scorer", lambda name, trusted: Scorer())
    monkeypatch.setattr(module, "nano_pooled", numbers)


def test_different_pictures_and_captions_count_once():
    scores = score_data("plain", "", Eyes())
    assert (scores["pairs"], scores["pictures"], scores["captions"]) == (4, 3, 3)
    assert scores["picture_vendi"] == pytest.approx(3.0)
    assert scores["caption_vendi"] == pytest.approx(1.0)
    assert "fid" not in scores and "drawn_fid" not in scores


def test_new_pictures_are_compared_with_those_that_they_stand_for():
    scores = score_data("drawn", "plain", Eyes())
    assert scores["drawn"] == 2
    new, old = np.array([[1.0, 10], [1, 20]]), np.array([[1.0, 1], [1, 2]])
    assert scores["drawn_fid"] == pytest.approx(frechet_distance(new, old))
    first, second = np.array([[1.0, 10], [1, 20], [1, 3]]), np.array([[1.0, 1], [1, 2], [1, 3]])
    assert scores["fid"] == pytest.approx(frechet_distance(first, second))
    told = described(scores).splitlines()
    assert told[0] == "drawn: 3 pairs, 3 different pictures, 3 different captions"
    assert told[2].startswith("Fréchet distance by nano's towers to the 2 drawn pictures to those")
    assert told[3] == f"Fréchet distance by nano's towers to plain's pictures: {scores['fid']:.3f}"


def test_one_picture_has_no_distance():
    scores = score_data("plain", "one", Eyes())
    assert scores["fid"] is None
    assert described(scores).endswith("to one's pictures: none, of one picture")


def test_what_is_missing_is_told_before_anything_is_looked_at(monkeypatch):
    monkeypatch.setattr(module, "load_scorer", None)
    with pytest.raises(KeyError, match="misspelt"):
        score_data("plain", "misspelt", Eyes())
    with pytest.raises(UserError, match="absent.pth .--inception. does not exist"):
        score_data("plain", "", Eyes(inception="absent.pth"))


def test_other_eyes_look_where_they_are_named(monkeypatch):
    monkeypatch.setattr(module, "inception_features", lambda pictures, weights: np.eye(3))
    assert Eyes(hf_clip="clip").features_name == "clip"
    assert Eyes(inception="weights.pth").features_name == "InceptionV3"
    assert Eyes(hf_clip="clip").features(None, ["x", "y"]).shape == (2, 2)
    images = SimpleNamespace(picture=str)
    assert Eyes(inception="weights.pth").features(images, ["x"]).shape == (3, 3)
