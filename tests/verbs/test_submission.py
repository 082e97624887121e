"""`bettersynth submission`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed


def test_the_answers_are_written_and_counted(monkeypatch, capsys):
    name = "bettersynth.evaluation.scoring.submission.write_submission"
    write_submission = recorded(monkeypatch, name, answer=6666)
    typed("submission", "--questions", "q.tsv", "--predictions", "p.jsonl", "--output", "up.xlsx")
    assert write_submission.calls == [(Path("q.tsv"), Path("p.jsonl"), Path("up.xlsx"))]
    assert capsys.readouterr().out == "up.xlsx: 6,666 answers\n"
