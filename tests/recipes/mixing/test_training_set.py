import numpy as np
import pyarrow as pa
import pytest
from support.small_columns import column, new_versions

from bettersynth.data.questions.prompts import DESCRIBE_QUESTIONS
from bettersynth.errors import UserError
from bettersynth.recipes.mixing import training_set
from bettersynth.recipes.mixing.mixture import mix_captions
from bettersynth.recipes.mixing.training_set import (
    asked_of,
    question_of,
    training_entries,
)

IDS = column("a", "b")


def test_a_sample_is_asked_the_same_question_every_time():
    assert question_of("a") == question_of("a")
    assert {question_of(str(k)) for k in range(200)} == set(DESCRIBE_QUESTIONS)


def test_questions_are_our_own_or_restored():
    assert asked_of("b", None) == f"<image>\n{question_of('b')}"
    assert asked_of("b", {"b": "What?\n<image>"}) == "What?\n<image>"
    with pytest.raises(UserError, match="no question for the sample b"):
        asked_of("b", {"a": "What?"})


def test_there_is_one_llava_entry_a_visit(monkeypatch):
    texts = ["<__dj__image>\na dog <|__dj__eoc|>", "<__dj__image>\na cat <|__dj__eoc|>"]
    mix = mix_captions(IDS, column(*texts), np.zeros(2), new_versions([]), np.full(2, -1))
    order = np.array([1, 0, 1])
    asked = {"a": "<image>\nA?", "b": "<image>\nB?"}
    pool = pa.table({"id": IDS, "images": [["a.png"], ["b.png"]]})
    # in parts too
    monkeypatch.setattr(training_set, "ROWS_AT_ONCE", 2)
    entries = list(training_entries(order, mix, pool, asked))
    assert [entry["id"] for entry in entries] == ["b", "a", "b"]
    assert entries[1] == {
        "id": "a",
        "image": "a.png",
        "conversations": [
            {"from": "human", "value": "<image>\nA?"},
            {"from": "gpt", "value": "a dog"},
        ],
    }
