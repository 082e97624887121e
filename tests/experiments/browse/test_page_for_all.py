"""The page in a browser: on any width, and for a screen reader; and what is shared of it."""

import pytest
from support.browse_page import show_view
from support.browser import serious_faults

from bettersynth.experiments.browse.export import export_page


def test_an_export_shows_its_pictures_and_asks_no_address(opened, tmp_path):
    asked = []
    shared = opened.context.browser.new_page()
    shared.on("request", lambda request: asked.append(request.url))
    shared.goto(export_page(opened.looks, tmp_path / "shared").as_uri())
    broken = "[...document.images].filter(one => one.complete && !one.naturalWidth).length"
    assert shared.evaluate("document.images.length") > 8
    assert shared.evaluate(broken) == 0
    assert all(address.startswith("file://") for address in asked)
    assert serious_faults(shared) == []
    shared.close()


def test_an_exported_recipe_fits_a_telephone(opened, tmp_path):
    page = export_page(opened.looks, tmp_path / "shared")
    shared = opened.context.browser.new_page(viewport={"width": 390, "height": 800})
    shared.goto(page.as_uri())
    scrolled = "document.querySelector('.scroll').scrollWidth - innerWidth"
    assert shared.evaluate(scrolled) <= 0
    # narrower still it scrolls, and keys get there
    shared.set_viewport_size({"width": 220, "height": 800})
    assert serious_faults(shared) == []
    shared.close()


@pytest.mark.parametrize("width", [390, 800, 1280])
@pytest.mark.parametrize("view", ["pairs", "bounds", "scatter"])
def test_nothing_is_cut_off(opened, view, width):
    opened.set_viewport_size({"width": width, "height": 800})
    show_view(opened, view)
    # a canvas is drawn anew for each width
    fits = "() => document.documentElement.scrollWidth <= innerWidth"
    opened.wait_for_function(fits)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["pairs", "bounds", "scatter"])
def test_a_screen_reader_finds_its_way(opened, view, scheme):
    opened.emulate_media(color_scheme=scheme)
    show_view(opened, view)
    assert serious_faults(opened) == []
