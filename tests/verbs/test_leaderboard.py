"""`bettersynth leaderboard`"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from support.verb_calls import recorded, typed


def test_the_chosen_one_goes_to_the_board_and_the_page_is_named(monkeypatch, capsys):
    history = "bettersynth.experiments.history.leaderboard"
    board = SimpleNamespace(rows=[])
    chosen = recorded(monkeypatch, f"{history}.leaderboard", board)
    recorded(monkeypatch, f"{history}.board_table", "the table")
    page = "bettersynth.experiments.report.leaderboard_page.write_leaderboard"
    written = recorded(monkeypatch, page)
    typed("leaderboard")
    typed("leaderboard", "--against", "a", "--page", "b.html")
    assert chosen.calls == [(None,), ("a",)]
    assert [call[1] for call in written.calls] == [Path("results/leaderboard.html"), Path("b.html")]
    assert capsys.readouterr().out.startswith("the table\npage: results/leaderboard.html\n")
