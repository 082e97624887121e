"""`bettersynth evaluate [NAME]`"""

from __future__ import annotations

import json

from support.verb_calls import recorded, typed

from bettersynth.experiments.history.data_scores import Eyes

MODULE = "bettersynth.experiments.history.data_scores"


def test_the_numbers_are_printed_and_written(monkeypatch, capsys, tmp_path):
    score = recorded(monkeypatch, f"{MODULE}.score_data", answer={"fid": 2.0})
    recorded(monkeypatch, f"{MODULE}.described", answer="a line")
    output = tmp_path / "scores.json"
    typed("evaluate", "mine", "--against", "other", "--inception", "w", "--output", str(output))
    assert score.calls == [("mine", "other", Eyes("nano", "w"))]
    assert json.loads(output.read_text()) == {"fid": 2.0}
    assert capsys.readouterr().out == f"a line\nwritten: {output}\n"
