import shutil
from pathlib import Path

import pytest
from support.small_report import make_data

from bettersynth.errors import UserError
from bettersynth.experiments.export.training_pairs import TrainingPairs


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_data(None)


def test_the_pairs_in_training_are_given_with_their_pictures_and_visits():
    pairs = TrainingPairs("workspace")
    listed = list(pairs)
    assert len(listed) == len(pairs)
    assert sum(pair.visits for pair in listed) == pairs.visits == 20
    assert [pair.id for pair in listed] == sorted(pair.id for pair in listed)
    assert pairs.picture(listed[0]) == pairs.pictures(listed[0])[0]


def test_without_a_training_set_the_command_that_makes_it_is_told():
    Path("data/mix/mix.parquet").unlink()
    with pytest.raises(UserError, match="snakemake --cores all data/mix/mix.parquet"):
        TrainingPairs("workspace")


def test_captions_that_are_not_at_hand_are_told():
    shutil.rmtree("data/caption")
    with pytest.raises(UserError, match="the captions of 1 samples are not at hand"):
        TrainingPairs("workspace")
