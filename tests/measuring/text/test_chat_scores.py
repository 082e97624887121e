"""Scores in the answers of chat models: Data-Juicer 1.6.1's reading, and answers that hold none."""

from __future__ import annotations

import json

import pytest
from support.small_run import FIXTURES

from bettersynth.measuring.text.chat_scores import read_scores

ROWS = [json.loads(line) for line in (FIXTURES / "llm_answers.jsonl").read_text().splitlines()]
QUALITY = [row for row in ROWS if row["op"] == "llm_quality_score_filter"]
DIMENSIONS = ["accuracy", "grammar", "informativeness", "coherence"]


def test_an_answer_is_read_as_data_juicer_reads_it() -> None:
    for row in QUALITY:
        # what Data-Juicer scores 0 is no answer here
        if row["score"]:
            assert read_scores(row["raw"], DIMENSIONS) == (row["score"], row["record"], row["tags"])
            continue
        with pytest.raises(ValueError):
            read_scores(row["raw"], DIMENSIONS)


@pytest.mark.parametrize("score", [0, 6, "4", None, True])
def test_a_score_is_a_number_from_1_to_5(score: object) -> None:
    answer = json.dumps({"dimension_scores": {"clarity": score}})
    with pytest.raises(ValueError, match="clarity is .*, no number from 1 to 5"):
        read_scores(answer, ["clarity"])


def test_words_with_braces_before_the_answer_are_passed_over() -> None:
    answer = 'Think {of it}. {"dimension_scores": {"clarity": 5, "more": {"deep": {"er": 1}}}} }'
    assert read_scores(answer, ["clarity"])[0] == 1.0
    with pytest.raises(ValueError, match="no dimension_scores"):
        read_scores('{"clarity": 5}', ["clarity"])
