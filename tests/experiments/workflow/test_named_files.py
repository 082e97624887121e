"""A file that a setting names is there, may yet be made, or is refused before the first stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.named_files import (
    CONFIGURATIONS,
    NAMED,
    listed_paths,
    require_named_files,
)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def naming(setting: str, path: str) -> dict[str, Any]:
    """Return params.yaml with one setting."""
    params: Any = path
    for part in reversed(setting.split(".")):
        params = {part: params}
    return params


@pytest.mark.parametrize("setting", NAMED)
def test_what_no_stage_makes_must_be_there(setting: str) -> None:
    params = naming(setting, "nope")
    with pytest.raises(UserError, match=rf"{setting} is nope, which does not exist, and no stage"):
        require_named_files(params, [])
    Path("nope").touch()
    require_named_files(params, [])


def test_what_a_stage_may_make_or_the_section_files_answers_for_may_be_missing() -> None:
    setting = "benchmark.mmbench.file"
    require_named_files(naming(setting, "data/archives/challenge/a.tsv"), [])
    require_named_files(naming(setting, "./x/../data/a.tsv"), [])
    files = {"mmbench": {"path": "a.tsv"}, "towers": {"package": "x"}, "captioner": None}
    require_named_files(naming(setting, "a.tsv"), listed_paths(files))
    require_named_files(naming(setting, ""), [])
    with pytest.raises(UserError, match="database/a.tsv"):
        require_named_files(naming(setting, "database/a.tsv"), [])


@pytest.mark.parametrize("setting", CONFIGURATIONS)
def test_a_configuration_of_deepspeed_can_be_read(setting: str) -> None:
    params = naming(setting, "zero.json")
    with pytest.raises(UserError, match="deepspeed: zero.json cannot be read as JSON"):
        require_named_files(params, [])
    Path("zero.json").write_text("{")
    with pytest.raises(UserError, match="deepspeed: zero.json cannot be read as JSON"):
        require_named_files(params, [])
    Path("zero.json").write_text("{}")
    require_named_files(params, [])
