from __future__ import annotations

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.models.training.global_batch import (
    check_global_batch,
    fit_global_batch,
    training_steps,
)


def test_steps_follow_from_visits_and_the_global_batch():
    assert (
        training_steps(
            200_000, default_settings("pretrain", batch_size=8, accumulation=4), processes=8
        )
        == 782
    )
    assert training_steps(10, default_settings("pretrain", batch_size=4, visits=9)) == 3


def test_a_global_batch_that_fits_is_accepted_and_another_is_refused_with_the_nearest():
    check_global_batch(
        default_settings("pretrain", batch_size=8, accumulation=4, global_batch=256), 8
    )
    with pytest.raises(UserError, match="with 4 processes use batch_size 8 with accumulation 8"):
        check_global_batch(
            default_settings("pretrain", batch_size=8, accumulation=4, global_batch=256), 4
        )
    with pytest.raises(UserError, match="256 cannot be split over 6 processes; use 2, 4, 8"):
        check_global_batch(default_settings("pretrain", global_batch=256), 6)


CHALLENGE = default_settings("pretrain", batch_size=8, accumulation=None, global_batch=256)


@pytest.fixture(autouse=True)
def _no_launcher(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)


@pytest.mark.parametrize(("processes", "passes"), [(8, 4), (4, 8), (1, 32)])
def test_the_passes_of_a_step_follow_from_the_number_of_gpus(processes, passes):
    assert fit_global_batch(CHALLENGE, processes).accumulation == passes


def test_an_impossible_split_names_the_nearest_valid_settings():
    with pytest.raises(UserError, match="256 cannot be split over 3 processes; use 1, 2, 4"):
        fit_global_batch(CHALLENGE, 3)
    with pytest.raises(
        UserError,
        match="with 8 processes use batch_size 16 with accumulation 2, "
        "batch_size 8 with accumulation 4",
    ):
        fit_global_batch(
            default_settings("pretrain", batch_size=12, accumulation=None, global_batch=256), 8
        )
    with pytest.raises(UserError, match="needs global_batch"):
        fit_global_batch(default_settings("pretrain", accumulation=None), 1)
