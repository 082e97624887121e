from __future__ import annotations

import json

import pytest
from support.small_training import run, small_project

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.measuring import kept_answers
from bettersynth.steps import predict


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    project = small_project(tmp_path_factory.mktemp("trained"))
    with pytest.MonkeyPatch.context() as patch:
        run(patch, project, "pretrain", "0")
        run(patch, project, "finetune", "0")
    return project


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_mmbench_rows_have_an_answer_and_base_rows_the_likelihood_of_each_option(
    trained, monkeypatch
):
    run(monkeypatch, trained, "predict", "0", "mmbench")
    rows = records(trained / "results/predictions/mmbench-0.jsonl")
    assert [row["index"] for row in rows] == [0, 1, 2, 3, *(k + 1_000_000 for k in range(4))]
    assert all(isinstance(row["prediction"], str) for row in rows)
    for row in rows[:4]:
        assert list(row["option_logprob"]) == ["A", "B", "C"]
        for total, tokens, prior in row["option_logprob"].values():
            assert total < 0
            assert prior < 0
            assert tokens >= 2
    assert not any("option_logprob" in row for row in rows[4:])
    priors = [row["option_logprob"]["B"][2] for row in rows[:4]]
    assert len(set(priors)) == 1  # the prior sees no picture
    assert len({row["option_logprob"]["B"][0] for row in rows[:4]}) == 4


def test_predictions_are_the_same_bytes_again_and_answers_do_not_depend_on_the_batch(
    trained, monkeypatch, tmp_path
):
    path = trained / "results/predictions/mmbench-0.jsonl"
    run(monkeypatch, trained, "predict", "0", "mmbench")
    first, answers = sha256_of_file(path), [row["prediction"] for row in records(path)]
    # answered anew, and not looked up
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    run(monkeypatch, trained, "predict", "0", "mmbench")
    assert sha256_of_file(path) == first
    settings = (trained / "params.yaml").read_text()
    (trained / "params.yaml").write_text(settings.replace("  batch_size: 4\n", "  batch_size: 1\n"))
    run(monkeypatch, trained, "predict", "0", "mmbench")
    (trained / "params.yaml").write_text(settings)
    assert [row["prediction"] for row in records(path)] == answers


def test_a_repeated_evaluation_asks_the_model_nothing(trained, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    path = trained / "results/predictions/mmbench-0.jsonl"
    run(monkeypatch, trained, "predict", "0", "mmbench")
    first = path.read_bytes()
    assert "8 answers; 8 made now" in capsys.readouterr().out
    path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(kept_answers, "AskedModel", None)
        run(patch, trained, "predict", "0", "mmbench")
    assert path.read_bytes() == first
    assert "8 answers; 0 made now" in capsys.readouterr().out


def test_textvqa_rows_carry_the_question_in_the_scorers_form(trained, monkeypatch):
    run(monkeypatch, trained, "predict", "0", "textvqa")
    rows = records(trained / "results/predictions/textvqa-0.jsonl")
    assert [row["question_id"] for row in rows] == ["q0", "q1", "q2"]
    assert rows[0]["image_id"] == "q0"
    assert rows[0]["question"] == "what word is on the sign?"


def test_textvqa_can_be_asked_without_ocr_tokens(trained, monkeypatch):
    path = trained / "results/predictions/textvqa-0.jsonl"
    run(monkeypatch, trained, "predict", "0", "textvqa")
    with_tokens = records(path)
    settings = (trained / "params.yaml").read_text()
    (trained / "params.yaml").write_text(
        settings.replace("  textvqa_ocr_tokens: true\n", "  textvqa_ocr_tokens: false\n")
    )
    asked: list[str] = []
    original = predict.Answerer.prompt
    monkeypatch.setattr(
        predict.Answerer,
        "prompt",
        lambda self, text, picture: asked.append(text) or original(self, text, picture),
    )
    run(monkeypatch, trained, "predict", "0", "textvqa")
    (trained / "params.yaml").write_text(settings)
    assert set(asked) == {
        "What word is on the sign?\nAnswer the question using a single word or phrase."
    }
    assert [row["question"] for row in records(path)] == [row["question"] for row in with_tokens]


def test_a_model_that_was_not_trained_is_one_clear_error(trained, monkeypatch):
    with pytest.raises(UserError, match="models/finetune/7 holds no trained model"):
        run(monkeypatch, trained, "predict", "7", "mmbench")


def test_an_unknown_benchmark_is_one_clear_error(trained, monkeypatch):
    with pytest.raises(UserError, match="predict 0 mmbench"):
        run(monkeypatch, trained, "predict", "0", "vqa")
