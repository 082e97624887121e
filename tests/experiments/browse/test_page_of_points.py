"""The page in a browser: two columns against each other, and a lasso."""

from support.browse_page import require_cards


def test_a_scatter_without_pairs_is_empty(opened):
    ink = """() => {
        const { width, height } = document.querySelector("canvas");
        const pen = document.querySelector("canvas").getContext("2d");
        return pen.getImageData(0, 0, width, height).data.some(Boolean);
    }"""
    opened.click("button[data-view=scatter]")
    opened.wait_for_selector("canvas[aria-label$=' 8 points']")
    assert opened.evaluate(ink)
    opened.fill("#f-text", "no caption says this")
    opened.wait_for_selector("canvas[aria-label$=' 0 points']")
    assert not opened.evaluate(ink)
    opened.click("text=Clear all")
    opened.wait_for_selector("canvas[aria-label$=' 8 points']")
    assert opened.evaluate(ink)


def test_a_lasso_becomes_a_filter(opened):
    opened.click("button[data-view=scatter]")
    opened.wait_for_function("() => document.querySelector('canvas').width > 300")
    opened.wait_for_selector("#scatter >> text=8 pairs.")
    box = opened.locator("canvas").bounding_box()
    left, top = box["x"] + 2, box["y"] + 2
    right, bottom = left + box["width"] / 2, top + box["height"] - 4
    opened.mouse.move(left, top)
    opened.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        opened.mouse.move(x, y, steps=4)
    opened.mouse.up()
    # similarities below the middle of 0.1 to 0.6
    require_cards(opened, 4)
    opened.click("text=Let go")
    require_cards(opened, 8)
