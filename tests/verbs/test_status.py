"""`bettersynth status`"""

from support.verb_calls import recorded, typed


def test_the_state_is_printed(monkeypatch, capsys):
    recorded(monkeypatch, "bettersynth.experiments.history.workspace_state.status_text", "here")
    typed("status")
    assert capsys.readouterr().out == "here\n"
