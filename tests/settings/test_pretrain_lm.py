"""The language model's section: nothing, or text to learn before stage 1."""

from pathlib import Path

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.pretrain_lm import MOST_FILES, PretrainLmSettings, text_paths
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_nothing_is_trained_unless_text_is_asked_for():
    assert default_settings("pretrain_lm").text is None
    values = composed(["pretrain_lm=text"], ROOT / "conf")["pretrain_lm"]
    settings = read_settings(PretrainLmSettings, values, "conf")
    assert settings.text.block_size == 1024
    assert values["text"].keys() == settings.text.__dict__.keys()


def test_more_files_than_can_be_watched_are_refused():
    names = tuple(f"{number}.csv" for number in range(MOST_FILES + 1))
    with pytest.raises(UserError, match=r"names 7 files, .* put them into a folder"):
        default_settings("pretrain_lm.text", train_files=names)
    default_settings("pretrain_lm.text", train_files=names[:4], held_out_files=names[4:6])


def test_no_block_measured_is_refused():
    with pytest.raises(UserError, match=r"max_eval_samples is 0; it must be from 1 to"):
        values = composed(
            ["pretrain_lm=text", "pretrain_lm.text.max_eval_samples=0"], ROOT / "conf"
        )
        read_settings(PretrainLmSettings, values["pretrain_lm"], "params.yaml: pretrain_lm")


def test_every_setting_that_names_a_path_is_told_with_its_place():
    text = {"language_model": "m", "deepspeed": None, "train_files": ["a.csv", "b"]}
    assert list(text_paths({"pretrain_lm": {"text": text}})) == [
        ("pretrain_lm.text.language_model", "m"),
        ("pretrain_lm.text.train_files.0", "a.csv"),
        ("pretrain_lm.text.train_files.1", "b"),
    ]
    assert list(text_paths({"pretrain_lm": {"text": None}})) == []
