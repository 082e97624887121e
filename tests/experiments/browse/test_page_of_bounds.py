"""The page in a browser: the recipe's bounds, moved."""

SIMILARITY = "image_text_similarity_filter"


def left_after(page, label, words):
    page.wait_for_function(
        "([label, words]) => "
        "document.querySelector(`[data-label=${label}] .left-count`).innerText === words",
        arg=[label, words],
    )


def require_value(page, box, value):
    page.wait_for_function(
        "([box, value]) => document.querySelector(box).value === value", arg=[box, value]
    )


def test_a_moved_bound_shows_counts_and_the_command(opened):
    opened.click("button[data-view=bounds]")
    opened.wait_for_selector(".chart svg")
    opened.fill(f"#bound-{SIMILARITY}-min_score", "0.25")
    opened.wait_for_selector("#command code")
    command = "dvc exp run -n min_score-0.25 -S filter.threshold=0.25"
    assert opened.inner_text("#command code") == command
    left_after(opened, SIMILARITY, "drops 3, leaves 5 (+1)")
    # the slider by keyboard: one step up
    opened.focus("#around input[type=range]")
    opened.keyboard.press("ArrowRight")
    changed = f"() => document.querySelector('#command code').textContent !== '{command}'"
    opened.wait_for_function(changed)
    opened.click("text=Back to the recipe as it is")
    opened.wait_for_selector("#command button", state="detached")


def test_an_emptied_bound_is_the_recipes_again(opened):
    opened.click("button[data-view=bounds]")
    box = f"#bound-{SIMILARITY}-min_score"
    opened.fill(box, "0.25")
    left_after(opened, SIMILARITY, "drops 3, leaves 5 (+1)")
    opened.fill(box, "")
    left_after(opened, SIMILARITY, "drops 4, leaves 4")
    opened.keyboard.press("Tab")
    require_value(opened, box, "0.35")
    # one that the recipe does not have
    shape = "image_shape_filter"
    opened.fill(f"#bound-{shape}-max_width", "50")
    left_after(opened, shape, "drops 3, leaves 1 (−3)")
    opened.fill(f"#bound-{shape}-max_width", "")
    left_after(opened, shape, "4")
    opened.wait_for_selector("#command *", state="detached")


def test_a_refused_bound_is_told_at_its_box_and_moves_nothing(opened):
    opened.click("button[data-view=bounds]")
    # the browser tells of both refusals, at a time of its own
    opened.expected = "400 (Bad Request)"
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
    opened.click("button[data-view=pairs]")
    opened.click("button[data-view=bounds]")
    require_value(opened, box, "0.35")
    opened.wait_for_selector(wrong, state="hidden")
    opened.fill(box, "2")
    opened.wait_for_selector(wrong)
    opened.click("text=Back to the recipe as it is")
    require_value(opened, box, "0.35")
    opened.wait_for_selector(wrong, state="hidden")
    opened.wait_for_selector("#command button", state="detached")
