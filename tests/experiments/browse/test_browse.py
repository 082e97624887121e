"""The page in a browser: what a person does there."""

import json
import shutil

import pytest
from support.browser import opened_page, serious_faults
from support.small_looks import TOKEN, small_looks, write_other

from bettersynth.data.tables.marks import Mark
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


def test_a_pair_opens_with_its_history(opened):
    opened.click("[data-place='3'] .open")
    opened.wait_for_selector("dialog[open]")
    assert "rule      image_text_similarity_filter" in opened.inner_text("dialog pre")
    opened.click("text=Next →")
    opened.wait_for_function("() => document.querySelector('#pair-title').textContent === 's04'")
    opened.keyboard.press("Escape")
    opened.wait_for_selector("dialog[open]", state="detached")


def test_keys_go_on_after_a_step_to_the_next_pair(opened):
    def title(sample):
        shown = f"document.querySelector('#pair-title').textContent === '{sample}'"
        opened.wait_for_function(f"() => {shown}")

    opened.click("[data-place='3'] .open")
    opened.wait_for_selector("dialog[open]")
    opened.click("text=Next →")
    title("s04")
    opened.keyboard.press("ArrowRight")
    title("s05")
    assert opened.evaluate("document.activeElement.id") == "pair-next"
    # a control without a name is no control of the next pair
    opened.focus("#pair")
    opened.keyboard.press("ArrowLeft")
    title("s04")
    opened.keyboard.press("g")
    opened.wait_for_selector("dialog .badge.good")
    opened.keyboard.press("u")
    opened.wait_for_selector("dialog .badge.good", state="detached")
    opened.keyboard.press("Escape")
    opened.wait_for_selector("dialog[open]", state="detached")


def test_pairs_that_are_marked_meanwhile_push_none_out_of_the_gallery(opened):
    asked = []

    def answer(route):
        asked.append(route.request.url)
        if len(asked) == 2:
            opened.looks.mark(Mark("s00", "good"))
            opened.looks.mark(Mark("s01", "good"))
        route.continue_(url=route.request.url.replace("count=60", "count=3"))

    opened.route("**/api/rows*", answer)
    opened.select_option("#f-mark", "none")
    # all but s02, which has a mark
    require_cards(opened, 7)
    assert shown(opened) == 7
    opened.unroute("**/api/rows*")
    for sample in ("s00", "s01"):
        opened.looks.mark(Mark(sample))
    opened.click("text=Clear all")
    require_cards(opened, 8)


def filtered(page):
    words = "JSON.parse(new URLSearchParams(location.hash.slice(1)).get('query'))"
    return page.evaluate(words)


def test_the_text_box_shows_what_filters(opened):
    # without a wait between
    typed = """sorted => {
        const box = document.querySelector("#f-text");
        box.value = "big house";
        box.dispatchEvent(new Event("input"));
        const next = document.querySelector(sorted ? "#f-sort" : "#filters > button");
        if (!sorted) return next.click();
        next.value = "num_words";
        next.dispatchEvent(new Event("change"));
    }"""
    opened.evaluate(typed, True)
    require_cards(opened, 1)
    opened.wait_for_timeout(300)
    assert filtered(opened) == {"text": "big house", "sort": "num_words"}
    assert opened.input_value("#f-text") == "big house"
    opened.evaluate(typed, False)
    require_cards(opened, 8)
    opened.wait_for_timeout(300)
    assert filtered(opened) == {}
    assert opened.input_value("#f-text") == ""


@pytest.mark.parametrize(
    "words",
    ["view=foo", "query=null", "query=5", "query=[1]", 'query={"between": {"num_words": 5}}'],
)
def test_an_odd_address_shows_all_pairs(opened, words):
    opened.evaluate("words => { location.hash = words; }", "view=bounds")
    opened.wait_for_selector(".chart svg")
    opened.evaluate("words => { location.hash = words; }", words)
    opened.wait_for_selector("#pairs", state="visible")
    require_cards(opened, 8)
    assert opened.is_hidden("#error")
    opened.reload()
    require_cards(opened, 8)
    assert opened.is_visible("#pairs")


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
    opened.click("text=Back to the recipe as it is")
    opened.wait_for_selector("#command button", state="detached")


def left_after(page, label, words):
    page.wait_for_function(
        "([label, words]) => "
        "document.querySelector(`[data-label=${label}] .left-count`).innerText === words",
        arg=[label, words],
    )


def test_an_emptied_bound_is_the_recipes_again(opened):
    opened.click("[data-view=bounds]")
    box = f"#bound-{SIMILARITY}-min_score"
    opened.fill(box, "0.25")
    left_after(opened, SIMILARITY, "drops 3, leaves 5 (+1)")
    opened.fill(box, "")
    left_after(opened, SIMILARITY, "drops 4, leaves 4")
    opened.keyboard.press("Tab")
    assert opened.input_value(box) == "0.35"
    # one that the recipe does not have
    shape = "image_shape_filter"
    opened.fill(f"#bound-{shape}-max_width", "50")
    left_after(opened, shape, "drops 3, leaves 1 (−3)")
    opened.fill(f"#bound-{shape}-max_width", "")
    left_after(opened, shape, "4")
    assert opened.inner_text("#command") == ""


def test_a_refused_bound_is_told_at_its_box_and_moves_nothing(opened):
    opened.click("[data-view=bounds]")
    box = f"#bound-{SIMILARITY}-min_score"
    wrong = f"{box}-wrong"
    opened.fill(box, "2")
    opened.wait_for_selector(f"{wrong}:has-text('no value can meet')")
    left_after(opened, SIMILARITY, "drops 4, leaves 4")
    assert opened.is_hidden("#error")
    # another bound moves all the same
    opened.fill("#bound-words_num_filter-min_num", "5")
    opened.wait_for_selector("#command code:has-text('min_num')")
    assert "min_score:2" not in opened.inner_text("#command code")
    assert opened.is_visible(wrong)
    opened.fill("#bound-words_num_filter-min_num", "")
    opened.wait_for_selector("#command code", state="detached")
    opened.click("[data-view=pairs]")
    opened.click("[data-view=bounds]")
    assert opened.input_value(box) == "0.35"
    assert opened.is_hidden(wrong)
    opened.fill(box, "2")
    opened.wait_for_selector(wrong)
    opened.click("text=Back to the recipe as it is")
    assert opened.input_value(box) == "0.35"
    assert opened.is_hidden(wrong)
    opened.wait_for_selector("#command button", state="detached")
    # the browser tells the two refusals
    assert all("400 (Bad Request)" in fault for fault in opened.faults)
    opened.faults.clear()


def test_a_scatter_without_pairs_is_empty(opened):
    ink = """() => {
        const { width, height } = document.querySelector("canvas");
        const pen = document.querySelector("canvas").getContext("2d");
        return pen.getImageData(0, 0, width, height).data.some(Boolean);
    }"""
    opened.click("[data-view=scatter]")
    opened.wait_for_selector("canvas[aria-label$=' 8 points']")
    assert opened.evaluate(ink)
    opened.fill("#f-text", "no caption says this")
    opened.wait_for_selector("canvas[aria-label$=' 0 points']")
    assert not opened.evaluate(ink)
    opened.click("text=Clear all")
    opened.wait_for_selector("canvas[aria-label$=' 8 points']")
    assert opened.evaluate(ink)


def test_a_lasso_becomes_a_filter(opened):
    opened.click("[data-view=scatter]")
    opened.wait_for_function("() => document.querySelector('canvas').width > 300")
    opened.wait_for_selector("#scatter >> text=8 pairs.")
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
