"""model_loss_filter: three values a chunk, and the bounds that the data give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.one_operator import kept, line
from support.parity import batch_of

from bettersynth.errors import UserError
from bettersynth.measuring.models.trained_model import PairLoss
from bettersynth.operators import model_loss_filter as operator
from bettersynth.recipes.refine import refine_line
from bettersynth.settings.refine import RefineSettings

PICTURES = ["images/shapes0.png", "images/gray.png", "images/shapes1.png"]
SAMPLE = {
    "text": "<__dj__image><__dj__image> a dog <|__dj__eoc|> <__dj__image> a cat",
    "images": PICTURES,
}


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What a model was asked; it lies at models/probe, and its losses follow the length of a
    picture's name.
    """
    calls = []

    def losses(images, pairs, asked):
        calls.append((list(pairs), asked))
        return [PairLoss(float(len(name)), 20.0) for name, _ in pairs]

    monkeypatch.setattr(operator, "pair_losses", losses)
    monkeypatch.chdir(tmp_path)
    Path("models/probe").mkdir(parents=True)
    Path("models/probe/config.json").write_text("{}")
    return calls


def test_each_chunk_has_its_loss_with_pictures_without_and_the_difference(asked):
    values = operator.measure(batch_of(SAMPLE), operator.Measuring(model="models/probe"))
    lengths = [(len(PICTURES[0]) + len(PICTURES[1])) / 2, float(len(PICTURES[2]))]
    assert values == {
        "model_loss": [lengths],
        "model_loss_blind": [[20.0, 20.0]],
        "model_loss_gain": [[20.0 - length for length in lengths]],
    }
    [(pairs, model)] = asked
    assert [words for _, words in pairs] == ["a dog", "a dog", "a cat"]
    assert (model.folder, model.template) == ("models/probe", "gemma")


def test_several_pictures_of_a_chunk_are_reduced_as_asked(asked):
    settings = operator.Measuring(model="models/probe", reduce_mode="max")
    values = operator.measure(batch_of(SAMPLE), settings)
    assert values["model_loss"][0][0] == len(PICTURES[0])


def test_a_sample_without_pictures_has_no_value_and_stays(asked):
    assert kept("model_loss_filter", "words alone", model="models/probe", max_loss=1.0) == [True]


def test_a_model_that_is_missing_is_told_where_the_line_is_read(asked):
    with pytest.raises(UserError, match="model_loss_filter needs `model`: a trained folder"):
        line("model_loss_filter", max_loss=1.0)
    with pytest.raises(UserError, match="models/prob holds no trained model"):
        line("model_loss_filter", model="models/prob")
    Path("models/probe/projector.safetensors").touch()
    with pytest.raises(UserError, match="is of stage 1, which holds no decoder"):
        line("model_loss_filter", model="models/probe")
    assert line("model_loss_filter", model="models/probe", language_model="decoder")


def test_each_bound_holds_for_its_own_value():
    values = {
        "model_loss": [[1.0], [2.0], [6.0], [2.0]],
        "model_loss_blind": [[4.0], [4.0], [4.0], [9.0]],
        "model_loss_gain": [[3.0], [2.0], [-2.0], [7.0]],
    }
    for bounds, flags in (
        ({}, [True, True, True, True]),
        ({"max_loss": 2.0}, [True, True, False, True]),
        ({"min_loss": 2.0}, [False, True, True, True]),
        ({"max_blind": 4.0}, [True, True, True, False]),
        ({"min_gain": 0.0}, [True, True, False, True]),
        ({"min_gain": 0.0, "max_loss": 1.5}, [True, False, False, False]),
    ):
        assert operator.keep(values, operator.Deciding(**bounds)).tolist() == flags


def test_refine_takes_the_bounds_from_the_values_and_lets_a_gain_be_negative(asked):
    written = line("model_loss_filter", model="models/probe", min_gain=0.0, max_loss=5.0)
    values = {
        "model_loss": [[1.0], [2.0], [3.0]],
        "model_loss_blind": [[1.0], [2.0], [3.0]],
        "model_loss_gain": [[-1.0], [0.0], [1.0]],
    }
    refined = refine_line(written, values, RefineSettings(rule="k_sigma", k=2.0))
    assert refined.deciding.min_gain == pytest.approx(-2.0)
    assert refined.deciding.max_loss == pytest.approx(4.0)
    # of the ends that the recipe does not write nothing moves
    assert refined.deciding.min_loss == 0.0
