"""`bettersynth cache`, and what a kill or a second writer does to scores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from bettersynth.data.files.hashing import content_key
from bettersynth.data.samples.batch import Batch, Images
from bettersynth.errors import UserError
from bettersynth.measuring.measure import BATCH, measure
from bettersynth.measuring.score_cache import ScoreColumn
from bettersynth.operators import words_num_filter
from bettersynth.recipes import cached_scores


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))


def filled(version=1, scores=3, name="words_num_filter"):
    column = ScoreColumn(name, version, words_num_filter.Measuring())
    column.put({content_key([str(k)]): [k] for k in range(scores)})
    return column


def test_sizes_name_the_operator_its_scores_and_whether_they_are_still_read(capsys):
    filled(), filled(version=99, scores=5)
    cached_scores.print_sizes([])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["words_num_filter", "5"],
        ["words_num_filter", "3"],
    ]
    assert " old " in lines[1] and " current " in lines[2]
    assert lines[-1].split()[:2] == ["total", "8"]


def test_verify_finds_a_damaged_file_and_drop_removes_it(capsys):
    column, other = filled(), filled(version=2)
    cached_scores.verify([])
    assert "6 scores in 2 files: 2 files sound" in capsys.readouterr().out
    column.put({content_key(["bad"]): [1, 2]})
    with pytest.raises(
        UserError, match="1 files are not sound; words_num_filter-.*rows with 1 and 2 values"
    ):
        cached_scores.verify([])
    column.close()
    column.path.write_bytes(b"no database" * 1000)
    with pytest.raises(UserError, match="damaged"):
        cached_scores.verify([])
    cached_scores.drop([], damaged=True)
    assert not column.path.exists()
    assert len(other.get([content_key(["1"])])) == 1


def test_drop_empties_what_is_named_while_a_writer_has_it_open(capsys):
    column, other = filled(), filled(name="text_length_filter")
    with pytest.raises(
        UserError,
        match="holds no scores of no_such_filter; it holds: text_length_filter, words_num_filter",
    ):
        cached_scores.drop(["no_such_filter"])
    with pytest.raises(UserError, match="name operators to drop"):
        cached_scores.drop([])
    cached_scores.drop(["words_num_filter"])
    assert "dropped 3 scores in 1 files" in capsys.readouterr().out
    assert column.get([content_key(["1"])]) == {}
    column.put({content_key(["1"]): [7]})
    assert ScoreColumn("words_num_filter", 1, words_num_filter.Measuring()).get(
        [content_key(["1"])]
    ) == {content_key(["1"]): [7]}
    assert len(other.get([content_key(["1"])])) == 1


def slow_operator(log: Path, seconds: float) -> SimpleNamespace:
    """Return an operator that notes every text it scores and takes its time."""

    def score(batch, _):
        time.sleep(seconds)
        with open(log, "a", encoding="utf-8") as stream:
            stream.writelines(f"{text}\n" for text in batch.texts)
        return {"length": [len(text) for text in batch.texts]}

    return SimpleNamespace(measure=score, READS=("text",), STATS=("length",))


def batch(first, rows):
    texts = [str(k) for k in range(first, first + rows)]
    return Batch(texts, [[] for _ in texts], Images(str.encode))


def score_slowly(log: Path, first: int, rows: int, seconds: float) -> None:
    column = ScoreColumn("slow_filter", 1, words_num_filter.Measuring())
    measure(slow_operator(log, seconds), None, batch(first, rows), column)


def test_after_a_kill_nothing_that_was_scored_is_scored_again(tmp_path):
    rows = 6 * BATCH
    context = multiprocessing.get_context("fork")
    worker = context.Process(target=score_slowly, args=(tmp_path / "first", 0, rows, 0.2))
    worker.start()
    while (
        not (tmp_path / "first").exists()
        or len((tmp_path / "first").read_text().split()) < 3 * BATCH
    ):
        time.sleep(0.01)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    stored = len(
        ScoreColumn("slow_filter", 1, words_num_filter.Measuring()).get(
            [content_key(["<__dj__image>", "<|__dj__eoc|>", str(k)]) for k in range(rows)]
        )
    )
    assert stored >= 2 * BATCH
    score_slowly(tmp_path / "second", 0, rows, 0)
    again = (tmp_path / "second").read_text().split()
    assert again == [str(k) for k in range(stored, rows)]


def test_two_writers_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    rows = 3 * BATCH
    workers = [
        context.Process(target=score_slowly, args=(tmp_path / str(first), first, rows, 0.01))
        for first in (0, BATCH)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    score_slowly(tmp_path / "after", 0, rows + BATCH, 0)
    assert not (tmp_path / "after").exists()
    cached_scores.verify([])


def test_captions_are_listed_with_their_captioner_and_are_sound(capsys):
    from bettersynth.measuring.captioning import CACHE_NAME, VERSION

    column = ScoreColumn(CACHE_NAME, VERSION, words_num_filter.Measuring(), "blip 0123")
    column.put({content_key(["picture"]): ["a dog"]})
    column.close()
    cached_scores.print_sizes([])
    cached_scores.verify([])
    out = capsys.readouterr().out
    assert "image_captioning_mapper" in out and "current" in out and "model blip 0123" in out
    assert "1 files sound" in out
