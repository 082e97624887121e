"""`bettersynth audit [RECIPE]`"""

from __future__ import annotations

from pathlib import Path

from support.verb_calls import recorded, typed


def test_defaults_and_options_go_to_the_audit(monkeypatch):
    audit_to = recorded(monkeypatch, "bettersynth.experiments.report.audit_folder.audit_to")
    typed("audit")
    typed("audit", "r.yaml", "--samples", "50", "--seed", "3", "--output", "out")
    assert audit_to.calls == [
        (Path("conf/audit/nano.yaml"), 200, 0, Path("results/audit")),
        (Path("r.yaml"), 50, 3, Path("out")),
    ]
