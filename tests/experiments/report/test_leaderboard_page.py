import pytest
from support.small_runs import known_run, similar_from

from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import Cost
from bettersynth.experiments.history.leaderboard import BoardRow, Leaderboard
from bettersynth.experiments.report.leaderboard_page import write_leaderboard


def board(*runs):
    rows = [BoardRow(run, [("a.b", "1", "<2>")] * 4, Cost(), {}, "no seeds") for run in runs]
    return Leaderboard(rows, runs[0].name)


def test_the_page_is_whole_and_escapes_names(tmp_path):
    page = tmp_path / "board.html"
    control = {"filter": similar_from(0.3) | {"control": "random"}}
    best = known_run("<b>best</b>", 0.9, params={"filter": similar_from(0.25)})
    runs = [best, known_run("control", 0.5, params=control)]
    write_leaderboard(board(*runs), page)
    text = page.read_text()
    assert "&lt;b&gt;best" in text
    assert "<b>best" not in text
    assert "90.00" in text
    assert "random control" in text
    assert "&lt;2&gt;" in text
    # both scores, against samples and against the threshold
    assert text.count("<figure>") == 4
    assert 'scope="col"' in text
    # a date sorts as a number
    assert '<td data-value="20261101">2026-11-01' in text


def test_one_result_has_no_chart(tmp_path):
    page = tmp_path / "board.html"
    write_leaderboard(board(known_run("one", 0.9)), page)
    assert "<figure>" not in page.read_text()


def test_a_page_that_may_be_a_file_that_is_read_is_refused(tmp_path):
    with pytest.raises(UserError, match="must end in .html"):
        write_leaderboard(board(known_run("one", 0.9)), tmp_path / "score.json")
