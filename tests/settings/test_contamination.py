"""The section `contamination`."""

from __future__ import annotations

from support.default_settings import default_settings


def test_each_kind_of_finding_has_its_action():
    settings = default_settings("contamination", pictures="drop", questions="refuse")
    kinds = ("same picture", "copied picture", "question", "answer")
    assert [settings.action_of(kind) for kind in kinds] == ["drop", "drop", "refuse", "report"]
