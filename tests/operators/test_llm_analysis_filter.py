"""llm_analysis_filter: Data-Juicer 1.6.1's reading of an answer, and what is asked for."""

from __future__ import annotations

from support.small_run import FIXTURES

from bettersynth.data.files.jsonl_rows import json_rows
from bettersynth.measuring.text.chat_scores import read_scores
from bettersynth.operators.llm_analysis_filter import DIMENSIONS, JUDGE, STATS, Deciding, keep

ANSWERS = [row for _, row in json_rows(FIXTURES / "llm_answers.jsonl")]
OWN = [row for row in ANSWERS if row["op"] == "llm_analysis_filter"]


def test_an_answer_is_read_as_data_juicer_reads_it() -> None:
    assert OWN
    for row in OWN:
        assert read_scores(row["raw"], list(DIMENSIONS)) == (
            row["score"],
            row["record"],
            row["tags"],
        )


def test_every_dimension_is_asked_for_by_its_name() -> None:
    told = JUDGE.prompt()
    assert all(f"- {name}: " in told for name in DIMENSIONS)


def test_both_ends_of_the_range_stay() -> None:
    flags = keep({STATS[0]: [0.4, 0.5, 0.75, 1.0]}, Deciding(max_score=0.75))
    assert flags.tolist() == [False, True, True, False]
