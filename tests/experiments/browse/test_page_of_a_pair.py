"""The page in a browser: one pair, its history and its marks."""

from support.browse_page import require_cards

from bettersynth.experiments.browse.marks import Marks


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
