"""`bettersynth models [EXPERIMENT]`"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from support.verb_calls import recorded, typed

from bettersynth.errors import UserError

WORKFLOW = "bettersynth.experiments.workflow"


@dataclasses.dataclass
class Row:
    path: str
    lacking: bool


def test_missing_files_are_counted_after_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    composed = recorded(monkeypatch, f"{WORKFLOW}.experiment.composed_params", {"files": {}})
    rows = [Row("a", lacking=True), Row("b", lacking=False)]
    recorded(monkeypatch, f"{WORKFLOW}.needed_files.needed_files", rows)
    recorded(monkeypatch, f"{WORKFLOW}.needed_files.show", "the list")
    output = tmp_path / "needed.json"
    with pytest.raises(UserError, match="1 of 2 files are missing, or others than expected"):
        typed("models", "mgm_2b", "--output", str(output))
    assert composed.calls == [("mgm_2b",)]
    assert capsys.readouterr().out == "the list\n"
    assert json.loads(output.read_text())[0] == {"path": "a", "lacking": True}
    rows[0].lacking = False
    typed("models")


@pytest.mark.parametrize("output", ["params.yaml", "weights.bin"])
def test_neither_the_settings_nor_a_file_of_the_list_is_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    recorded(monkeypatch, f"{WORKFLOW}.experiment.composed_params", {"files": {}})
    rows = [Row("weights.bin", lacking=False)]
    recorded(monkeypatch, f"{WORKFLOW}.needed_files.needed_files", rows)
    recorded(monkeypatch, f"{WORKFLOW}.needed_files.show", "the list")
    Path(output).write_text("mine: 1\n")
    with pytest.raises(UserError, match=f"--output {output} would be written over {output}, "):
        typed("models", "--output", output)
    assert Path(output).read_text() == "mine: 1\n"
