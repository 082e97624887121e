from __future__ import annotations

from types import SimpleNamespace

import pytest
from support.small_training import small_project

from bettersynth.errors import UserError
from bettersynth.models.answering.textvqa import predict_textvqa


class Recorder:
    """Answers with the last line of the question."""

    def __init__(self, ocr_tokens: bool) -> None:
        self.settings = SimpleNamespace(textvqa_ocr_tokens=ocr_tokens, textvqa_tokens=3)

    def see(self, pictures):
        self.pictures = pictures

    def prompt(self, question, picture):
        return question, picture

    def answers(self, prompts, tokens, progress):
        self.prompts = prompts
        return [f"answer {picture}" for _, picture in prompts]


@pytest.mark.parametrize("ocr_tokens", [True, False])
def test_records_carry_the_question_in_the_scorers_form_with_ocr_tokens_or_without(
    tmp_path, monkeypatch, ocr_tokens
):
    monkeypatch.chdir(small_project(tmp_path))
    recorder = Recorder(ocr_tokens)
    records = predict_textvqa(recorder)
    assert len(recorder.pictures) == 3
    assert ("Reference OCR token" in recorder.prompts[0][0]) == ocr_tokens
    assert records[1] == {
        "question_id": "q1",
        "image_id": "q1",
        "question": "what word is on the sign?",
        "prediction": "answer 1",
    }


def test_a_missing_question_file_says_what_makes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="run `snakemake --cores all data/benchmark"):
        predict_textvqa(Recorder(True))
