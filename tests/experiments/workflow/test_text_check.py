"""What is wrong with the text of a language model is told before the first stage."""

from pathlib import Path

import pytest
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.text_check import require_text, untouched_model
from bettersynth.settings.pretrain_lm import LANGUAGE_MODEL, PretrainLmSettings

NOTHING = PretrainLmSettings(text=None)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("decoder").mkdir()
    Path("corpus.csv").write_text("text\nred car\n")
    Path("talk.txt").write_text("<s>Human: hi</s><s>Assistant: hello</s>\n")


def text(**changes):
    values = {"language_model": "decoder", "train_files": ("corpus.csv", "talk.txt"), **changes}
    return PretrainLmSettings(text=default_settings("pretrain_lm.text", **values))


def check(pretrain_lm, language_model=LANGUAGE_MODEL, made_elsewhere=()):
    """Raises what the check raises, and returns whether it passed."""
    require_text(pretrain_lm, language_model, made_elsewhere)
    return True


def test_text_that_can_be_learned_passes():
    assert check(text())
    assert check(text(held_out_files=("talk.txt",)))
    assert check(text(language_model="to/come"), made_elsewhere=["to/come"])
    assert check(NOTHING, "models/nano-decoder")


def test_a_model_that_nothing_makes_is_refused():
    message = r"model.language_model is models/language-model, .* but pretrain_lm.text is null"
    with pytest.raises(UserError, match=message):
        check(NOTHING)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_files": ()}, r"train_files is empty; name csv, jsonl or txt files"),
        (
            {"train_files": ("no.csv",)},
            r"no.csv \(params.yaml: .*train_files\) does not exist",
        ),
        ({"held_out_files": ("no.csv",)}, r"pretrain_lm.text.held_out_files\) does not exist"),
        ({"train_files": ("decoder",)}, r"decoder .* has no file that ends in .csv, .jsonl, .txt"),
        ({"column": "caption"}, r"corpus.csv has no column caption; its columns are: text"),
        ({"language_model": LANGUAGE_MODEL}, r"which the stage itself makes; name the model to"),
        ({"language_model": "no"}, r"no \(pretrain_lm.text.language_model\) does not exist"),
    ],
)
def test_what_the_stage_would_refuse_is_told(changes, message):
    with pytest.raises(UserError, match=message):
        check(text(**changes))


def test_a_conversation_with_wrong_roles_is_told():
    Path("talk.txt").write_text("<s>Assistant: hello</s>\n")
    with pytest.raises(UserError, match=r"talk.txt line 1: part 1 starts with 'Assistant: hello'"):
        check(text())


def test_files_that_take_long_to_read_are_left_to_the_stage(monkeypatch):
    monkeypatch.setattr("bettersynth.experiments.workflow.text_check.QUICKLY_READ_BYTES", 20)
    Path("talk.txt").write_text("<s>Assistant: hello</s>\n")
    assert check(text())


def test_a_model_that_is_trained_and_not_used_is_told():
    assert "which nothing reads" in untouched_model(text(), "models/nano-decoder", [])
    assert untouched_model(text(), LANGUAGE_MODEL, []) == ""
    assert untouched_model(text(), "models/nano-decoder", [3, LANGUAGE_MODEL]) == ""
    assert untouched_model(NOTHING, "models/nano-decoder", []) == ""
