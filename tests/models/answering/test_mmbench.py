from __future__ import annotations

from types import SimpleNamespace

import pytest
from support.small_training import small_project

from bettersynth.models.answering.answerer import Likelihood
from bettersynth.models.answering.mmbench import predict_mmbench


class Recorder:
    """Answers with the position of the picture, and scores an option by its length."""

    def __init__(self) -> None:
        self.settings = SimpleNamespace(mmbench_tokens=3)
        self.asked = []

    def see(self, pictures):
        self.pictures = pictures

    def prompt(self, question, picture):
        return picture

    def answers(self, prompts, tokens, progress):
        assert tokens == 3
        return [str(prompt) for prompt in prompts]

    def likelihoods(self, answers, progress):
        self.asked.append(answers)
        return [Likelihood(-len(answer.text) - 0.12345678, 2) for answer in answers]


@pytest.fixture(autouse=True)
def _project(tmp_path, monkeypatch):
    monkeypatch.chdir(small_project(tmp_path))


def test_a_picture_of_several_rows_is_seen_once():
    recorder = Recorder()
    records = predict_mmbench(recorder)
    assert len(recorder.pictures) == 4
    assert [record["prediction"] for record in records] == ["0", "1", "2", "3"] * 2


def test_only_base_rows_have_option_likelihoods_and_equal_priors_are_asked_for_once():
    recorder = Recorder()
    records = predict_mmbench(recorder)
    seen, blind = recorder.asked
    assert len(seen) == 4 * 3
    assert [answer.text for answer in blind] == ["blue house", "dog", "red car"]
    assert all(answer.picture is None for answer in blind)
    assert records[0]["option_logprob"]["A"] == [-7.123457, 2, -7.123457]
    assert not any("option_logprob" in record for record in records[4:])
