"""Pages are filled whole or not at all."""

from __future__ import annotations

import jinja2
import pytest

from bettersynth.experiments.report.templates import filled


def test_a_page_has_the_style_and_escapes_its_content() -> None:
    content = {"recipe": "<r>", "samples": 2, "faults": [], "rows": [], "skipped": {}}
    page = filled("audit.html", content | {"examples": []})
    assert "&lt;r&gt;" in page
    assert "<style>" in page
    assert "{{" not in page


def test_what_a_template_names_must_be_given() -> None:
    with pytest.raises(jinja2.UndefinedError):
        filled("audit.html", {"recipe": "r", "samples": 2})
