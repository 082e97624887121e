"""The committed params.yaml is conf/'s; what changed since is told."""

from pathlib import Path

import yaml
from support.committed import committed_params, committed_params_text

from bettersynth.experiments.workflow.drift import composition_drift, tree_digest

ROOT = Path(__file__).parents[3]


def test_the_committed_params_yaml_is_the_default_composition(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    (tmp_path / "params.yaml").write_bytes(committed_params_text())
    assert composition_drift(tmp_path / "params.yaml") == []


def test_a_section_that_differs_or_is_too_much_is_named(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    params = committed_params() | {"extra": 1}
    params["mix"] = {**params["mix"], "visits": 1}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    assert composition_drift(tmp_path / "params.yaml") == ["extra", "mix"]


def test_a_changed_file_changes_the_trees_digest_and_a_newer_one_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/a.yaml").write_text("x: 1")
    before = tree_digest(["conf"])
    (tmp_path / "conf/a.yaml").touch()
    assert tree_digest(["conf"]) == before
    (tmp_path / "conf/a.yaml").write_text("x: 2")
    assert tree_digest(["conf"]) != before
