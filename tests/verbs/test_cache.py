"""`bettersynth cache`: which part of the cache each word reaches."""

import pytest

from bettersynth import cli
from bettersynth.data.files.hashing import content_key
from bettersynth.errors import UserError
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn


@pytest.fixture(autouse=True)
def older_scores(tmp_path, monkeypatch):
    """One score of older code."""
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(tmp_path))
    column = ScoreColumn(ColumnIdentity("words_num_filter", 1, {}, "", "older"))
    column.put({content_key(["a"]): [1]})
    return column


def cache(*words):
    arguments = cli.parser().parse_args(["cache", *words])
    arguments.action(arguments)


def test_alone_it_lists_and_verify_checks(capsys):
    cache()
    assert "words_num_filter" in capsys.readouterr().out
    cache("verify")
    assert "1 scores in 1 files: 1 files sound" in capsys.readouterr().out


def test_drop_takes_what_is_named_and_old_scores_only_on_demand(older_scores, capsys):
    with pytest.raises(UserError, match="--old"):
        cache("drop")
    assert len(older_scores.get([content_key(["a"])])) == 1
    cache("drop", "--old")
    assert "dropped 1 scores" in capsys.readouterr().out
    assert older_scores.get([content_key(["a"])]) == {}
