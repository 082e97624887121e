"""The page in a browser: what a person does there."""

import json
import shutil

import pytest
from support.browser import opened_page, serious_faults
from support.small_looks import TOKEN, small_looks, write_other

from bettersynth.experiments.browse.difference import difference_columns
from bettersynth.experiments.browse.export import export_page
from bettersynth.experiments.browse.marks import Marks

SIMILARITY = "image_text_similarity_filter"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pool"))
        looks = small_looks()
        write_other([("s00", "original", -1, 4), ("s01", "tiny", 0, 2), ("s03", "original", -1, 4)])
        shutil.copy("data/caption/candidates.parquet", "other")
        looks.pairs.columns.update(difference_columns(looks.pairs, "other"))
        with opened_page(looks, TOKEN) as (page, address):
            page.looks = looks
            page.faults = []
            page.on("pageerror", lambda error: page.faults.append(str(error)))
            page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
            page.on("dialog", lambda dialog: page.faults.append(f"alert: {dialog.message}"))
            page.goto(address)
            page.wait_for_selector(".card")
            yield page
            assert page.faults == []


def require_cards(page, number):
    page.wait_for_function(
        "wanted => document.querySelectorAll('#gallery .card').length === wanted", arg=number
    )


def shown(page):
    return page.locator("#gallery .card").count()


def test_all_pairs_are_there_and_a_script_in_a_caption_is_text(opened):
    require_cards(opened, 8)
    assert "a <script>alert(1)</script> cat" in opened.inner_text("#gallery")
    assert opened.evaluate("document.querySelectorAll('#gallery script').length") == 0


def test_the_filters_narrow_the_gallery_and_are_in_the_address(opened):
    opened.select_option("#f-kept", "true")
    require_cards(opened, 4)
    query = opened.evaluate("new URLSearchParams(location.hash.slice(1)).get('query')")
    assert json.loads(query) == {"chosen": {"kept": [True]}}
    opened.fill("#f-text", "big house")
    require_cards(opened, 1)
    opened.click("text=Clear all")
    require_cards(opened, 8)


def test_any_other_column_can_be_filtered_by(opened):
    opened.select_option("#f-add", "num_words")
    opened.fill("#f-num_words-0", "5")
    # Enter filters, and does not leave the page as a form would
    opened.keyboard.press("Enter")
    require_cards(opened, 7)
    assert shown(opened) == 7
    opened.click("text=Clear all")
    require_cards(opened, 8)


def test_keys_move_and_mark(opened, tmp_path):
    opened.focus("#gallery .card .open")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("b")
    opened.wait_for_selector("[data-place='1'] .badge.bad")
    assert Marks("ann").of("s01")["ann"].mark == "bad"
    opened.keyboard.press("u")
    opened.wait_for_selector("[data-place='1'] .badge.bad", state="detached")


def test_tags_and_notes_are_kept_and_filtered_by(opened):
    opened.click("[data-place='2'] .open")
    opened.fill(".marking input", "blurred, text")
    opened.fill(".marking textarea", "look again")
    opened.click("[data-mark=good]")
    opened.wait_for_selector("dialog .badge.good")
    opened.keyboard.press("Escape")
    own = Marks("ann").of("s02")["ann"]
    assert (own.mark, own.tags, own.note) == ("good", ("blurred", "text"), "look again")
    opened.select_option("#f-mark", "blurred")
    require_cards(opened, 1)
    assert "▲ good, blurred, text" in opened.inner_text("#gallery")
    opened.click("text=Clear all")
    require_cards(opened, 8)


def test_two_experiments_stand_side_by_side(opened):
    opened.select_option("#f-difference", '"recaptioned"')
    require_cards(opened, 1)
    assert "± recaptioned" in opened.inner_text("#gallery")
    assert "in the other: a dog" in opened.inner_text("#gallery")
    opened.select_option("#f-difference", '"removed"')
    require_cards(opened, 1)
    assert "nothing much" in opened.inner_text("#gallery")
    opened.click("text=Clear all")
    require_cards(opened, 8)


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


def test_a_pair_opens_with_its_history(opened):
    opened.click("[data-place='3'] .open")
    opened.wait_for_selector("dialog[open]")
    assert "rule      image_text_similarity_filter" in opened.inner_text("dialog pre")
    opened.click("text=Next →")
    opened.wait_for_function("() => document.querySelector('#pair-title').textContent === 's04'")
    opened.keyboard.press("Escape")
    opened.wait_for_selector("dialog[open]", state="detached")


def test_a_moved_bound_shows_counts_and_the_command(opened):
    opened.click("[data-view=bounds]")
    opened.wait_for_selector(".chart svg")
    opened.fill(f"#bound-{SIMILARITY}-min_score", "0.25")
    opened.wait_for_selector("#command code")
    command = "dvc exp run -n min_score-0.25 -S filter.threshold=0.25"
    assert opened.inner_text("#command code") == command
    row = opened.inner_text(f"[data-label={SIMILARITY}] .left-count")
    assert row == "drops 3, leaves 5 (+1)"
    # the slider by keyboard: one step up
    opened.focus("#around input[type=range]")
    opened.keyboard.press("ArrowRight")
    changed = f"() => document.querySelector('#command code').textContent !== '{command}'"
    opened.wait_for_function(changed)


def test_a_lasso_becomes_a_filter(opened):
    opened.click("[data-view=scatter]")
    opened.wait_for_function("() => document.querySelector('canvas').width > 300")
    opened.wait_for_selector("text=8 pairs.")
    box = opened.locator("canvas").bounding_box()
    left, top = box["x"] + 2, box["y"] + 2
    right, bottom = left + box["width"] / 2, top + box["height"] - 4
    opened.mouse.move(left, top)
    opened.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        opened.mouse.move(x, y)
    opened.mouse.up()
    # similarities below the middle of 0.1 to 0.6
    require_cards(opened, 4)
    assert shown(opened) == 4
    opened.click("text=Let go")
    require_cards(opened, 8)
    assert shown(opened) == 8


@pytest.mark.parametrize("width", [390, 800, 1280])
@pytest.mark.parametrize("view", ["pairs", "bounds", "scatter"])
def test_nothing_is_cut_off(opened, view, width):
    opened.set_viewport_size({"width": width, "height": 800})
    opened.click(f"[data-view={view}]")
    opened.wait_for_timeout(150)
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["pairs", "bounds", "scatter"])
def test_a_screen_reader_finds_its_way(opened, view, scheme):
    opened.emulate_media(color_scheme=scheme)
    opened.click(f"[data-view={view}]")
    opened.wait_for_timeout(150)
    assert serious_faults(opened) == []
