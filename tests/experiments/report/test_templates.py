"""Pages are filled whole or not at all."""

from __future__ import annotations

import jinja2
import pytest
from support.browser import opened_browser

from bettersynth.experiments.history.compare import Comparison, write_page
from bettersynth.experiments.report.published import ratio_table
from bettersynth.experiments.report.templates import _text, breakable, filled


def test_a_page_has_the_style_and_escapes_its_content() -> None:
    content = {"recipe": "<r>", "samples": 2, "faults": [], "rows": [], "skipped": {}}
    page = filled("audit.html", content | {"examples": []})
    assert "&lt;r&gt;" in page
    assert "<style>" in page
    assert "{{" not in page


def test_what_a_template_names_must_be_given() -> None:
    with pytest.raises(jinja2.UndefinedError):
        filled("audit.html", {"recipe": "r", "samples": 2})


def test_a_heading_sorts_and_words_show_some_rows(tmp_path):
    page_file = tmp_path / "page.html"
    published = ratio_table([])
    page_file.write_text(f"{published}<script>{_text('sort.js')}</script>")
    with opened_browser() as page:
        page.goto(page_file.as_uri())
        rows = "[...document.querySelectorAll('tbody tr')].filter(row => !row.hidden)"
        of_all = page.evaluate(f"{rows}.length")
        page.fill(".find", "blip captions")
        shown = page.evaluate(f"{rows}.map(row => row.textContent.toLowerCase())")
        assert 0 < len(shown) < of_all
        assert all("blip" in row and "captions" in row for row in shown)
        page.fill(".find", "")
        page.click("th:has-text('samples')")
        samples = page.evaluate(f"{rows}.map(row => Number(row.cells[1].dataset.value))")
        assert samples == sorted(samples)
        page.press("th:has-text('samples')", "Enter")
        samples = page.evaluate(f"{rows}.map(row => Number(row.cells[1].dataset.value))")
        assert samples == sorted(samples, reverse=True)


def test_a_hash_of_a_compared_run_does_not_widen_the_page(tmp_path):
    nothing = ["scores", "differences", "intervals", "data", "costs", "ratios", "variation"]
    comparison = Comparison(
        names=["workspace"],
        params={},
        flipped={},
        pictures={},
        recorded=[f"recorded from the code {'0123456789abcdef' * 4}"],
        **{name: [] for name in [*nothing, "categories"]},
    )
    write_page(comparison, tmp_path / "compare.html")
    with opened_browser() as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto((tmp_path / "compare.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_name_breaks_after_underscores_alone_and_stays_text():
    assert breakable("words_num_<b>") == "words_<wbr>num_<wbr>&lt;b&gt;"
