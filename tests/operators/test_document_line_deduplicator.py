"""document_line_deduplicator: Data-Juicer 1.6.1's texts, and special tokens that stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.one_operator import line
from support.small_run import FIXTURES, dataset, run

from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.errors import UserError
from bettersynth.operators.document_line_deduplicator import Settings, rewrite_all

TEXTS, *CASES = map(json.loads, (FIXTURES / "line_dedup.jsonl").read_text().splitlines())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["settings"]))
@pytest.mark.parametrize("compat", ["", "data_juicer"])
def test_the_texts_are_data_juicers(case: dict[str, Any], compat: Any) -> None:
    settings = Settings(**case["settings"], compat=compat)
    rewritten = rewrite_all(TEXTS["texts"], settings, Tokens())
    if compat or settings.min_line_length:
        assert rewritten == case["texts"]


def test_an_empty_line_stays_whatever_the_settings() -> None:
    texts = ["a\n\nb", "c\n\nd"]
    settings = {"frequency_threshold": 1, "min_line_length": 0}
    assert rewrite_all(texts, Settings(**settings), Tokens()) == texts


def test_a_run_keeps_every_row_in_place_with_other_processes_too(
    in_folder: None, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[1]
    rows = [{"id": row, "text": text} for row, text in enumerate(TEXTS["texts"])]
    dataset(rows)
    process = [
        {"document_line_deduplicator": case["settings"]},
        {"words_num_filter": {"min_num": 0}},
    ]
    written = run(process)
    assert [row["text"] for row in written] == case["texts"]
    assert [row["id"] for row in written] == list(range(len(rows)))
    assert "lines in more than 2 rows, removed from 17 rows" in capsys.readouterr().out
    assert run(process, np=2) == written
    # the last line of a recipe, and one that works on another field
    dataset([{"text": "", "words": row["text"]} for row in rows])
    by_key = {"document_line_deduplicator": {**case["settings"], "text_key": "words"}}
    assert [row["words"] for row in run([by_key])] == case["texts"]


def test_special_tokens_stay_where_their_words_go() -> None:
    texts = [text_of_caption(f"photo {number}\nRead more") for number in range(3)]
    rewritten = rewrite_all(texts, Settings(frequency_threshold=2), Tokens())
    assert rewritten == [f"<__dj__image>\nphoto {number}\n<|__dj__eoc|>" for number in range(3)]
    peers = Settings(frequency_threshold=2, compat="data_juicer")
    assert rewrite_all(texts, peers, Tokens()) == [f"photo {number}" for number in range(3)]


def test_a_threshold_of_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="frequency_threshold is 0; it must be 1 or more"):
        line("document_line_deduplicator", frequency_threshold=0)
