"""The page in a browser: the gallery, its filters and its address."""

import json

import pytest
from support.browse_page import let_timers_run, require_cards

from bettersynth.data.tables.marks import Mark


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
    opened.click("text=Clear all")
    require_cards(opened, 8)


def test_two_experiments_stand_side_by_side(opened):
    opened.select_option("#f-difference", '"recaptioned"')
    require_cards(opened, 1)
    opened.wait_for_selector("#gallery >> text=± recaptioned")
    assert "in the other: a dog" in opened.inner_text("#gallery")
    opened.select_option("#f-difference", '"removed"')
    require_cards(opened, 1)
    opened.wait_for_selector("#gallery >> text=nothing much")
    opened.click("text=Clear all")
    require_cards(opened, 8)


def test_pairs_that_are_marked_meanwhile_push_none_out_of_the_gallery(opened):
    asked = []
    opened.looks.mark(Mark("s02", "good"))

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
    opened.unroute("**/api/rows*")
    for sample in ("s00", "s01", "s02"):
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
    let_timers_run(opened)
    assert filtered(opened) == {"text": "big house", "sort": "num_words"}
    assert opened.input_value("#f-text") == "big house"
    opened.evaluate(typed, False)
    require_cards(opened, 8)
    let_timers_run(opened)
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
    opened.wait_for_selector("#pairs", state="visible")
