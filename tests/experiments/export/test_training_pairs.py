import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from support.small_pool import drawn_row, picture
from support.small_report import make_data

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.shard_writing import write_images
from bettersynth.data.tables.drawn import DRAWN_IMAGES, write_drawn
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


def test_a_pair_that_is_trained_on_with_a_new_picture_is_given_with_it():
    mix = read_table("data/mix/mix.parquet").to_pylist()
    row = mix[0] | {"candidate": 1000, "caption_source": "text_to_image_mapper"}
    write_table("data/mix/mix.parquet", pa.Table.from_pylist([row, *mix[1:]]))
    new = picture(99)
    name = f"drawn/{row['id']}-1000.png"
    write_images(DRAWN_IMAGES, [(name, new)])
    write_drawn([drawn_row(row["id"], 1000) | {"image_sha256": [sha256_of_bytes(new)]}])
    pairs = TrainingPairs("workspace")
    first, second, *_ = pairs
    assert (first.names, pairs.picture(first)) == ([name], new)
    assert first.caption == "a drawing"
    assert second.names == [f"{second.id}.png"]
    write_images(DRAWN_IMAGES, [(name, picture(98))])
    with pytest.raises(UserError, match="images holds other pictures than workspace trains"):
        TrainingPairs("workspace").picture(first)
