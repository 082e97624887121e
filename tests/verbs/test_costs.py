"""`bettersynth costs [NAME]`"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from support.verb_calls import typed

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import record_path


def test_what_the_stages_of_a_lock_took_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)
    with pytest.raises(UserError, match="workspace has no dvc.lock"):
        typed("costs")
    Path("dvc.lock").write_text("stages:\n  mix:\n    outs:\n    - {path: m, md5: x}\n")
    write_json(record_path("mix", {"m": "x"}), {"cpu_seconds": 7.0, "samples": 12})
    typed("costs")
    header, mix, total = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["step", "wall", "s"]
    assert mix.split() == ["mix", "-", "7.0", "-", "12", "-", "-", "1", "of", "1"]
    assert total.split() == ["all", "-", "7.0", "-", "-", "-", "-", "1", "of", "1"]


def test_what_an_earlier_run_took_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dvc.lock").write_text("stages: {pool: {outs: []}, mix@0: {outs: []}}\n")
    stages = [SimpleNamespace(name="pool", stale=False), SimpleNamespace(name="mix@0", stale=True)]
    monkeypatch.setattr("bettersynth.experiments.workflow.dvc_stages.load_stages", lambda: stages)
    typed("costs")
    _, pool, mix, _, note = capsys.readouterr().out.splitlines()
    assert "earlier" not in pool
    assert mix.endswith(", of an earlier run")
    assert "dvc status" in note
