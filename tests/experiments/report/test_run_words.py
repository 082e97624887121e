from bettersynth.experiments.report.run_words import benchmark_sentence, run_sentence

SHAPE = {"image_shape_filter": {"min_width": 32}}
SIMILAR = {"image_text_similarity_filter": {"min_score": 0.25}}


def test_the_settings_that_tell_runs_apart_are_named():
    params = {
        "source": {"name": "clipart"},
        "filter": {"recipe": [SHAPE, SIMILAR], "threshold": 0.25, "control": "random"},
        "caption": {"captioner": "none"},
    }
    assert run_sentence(params) == (
        "Run: source clipart, a recipe of 2 lines, similarity threshold 0.25, its samples drawn at "
        "random instead (a control), no new captions."
    )
    assert run_sentence({}) == "Run: a recipe without rules."


def test_a_threshold_that_no_rule_uses_is_not_named():
    params = {"filter": {"recipe": [SHAPE], "threshold": 0.25, "oracle": True}}
    assert run_sentence(params) == (
        "Run: a recipe of 1 line, without the planted mismatches (a control)."
    )
    params["filter"] = {"recipe": [SIMILAR], "threshold": None, "refine": {"rule": "k_sigma"}}
    assert run_sentence(params) == "Run: a recipe of 1 line, bounds refined by k_sigma."


PUBLISHED = {"benchmark": {"mmbench": {"file": "mmbench_dev_20230712.tsv"}}}


def test_drawn_benchmarks_are_told_from_the_published_ones():
    levels = {"mmbench": {"questions": 600}, "textvqa": {"questions": 300, "kinds": {"top": {}}}}
    both = benchmark_sentence(levels, {})
    assert "600 questions on drawn things, TextVQA is 300 questions on drawn sign boards" in both
    assert both.endswith("They are not the leaderboards of the same name.")
    boards = benchmark_sentence(levels, PUBLISHED)
    assert "One benchmark is a drawn lookalike: TextVQA is 300" in boards
    assert "MMBench" not in boards
    # kinds of somebody else's, and none
    for kinds in ({"place": {}}, {}):
        levels["textvqa"]["kinds"] = kinds
        assert benchmark_sentence(levels, PUBLISHED) == ""
        things = benchmark_sentence(levels, {})
        assert "a drawn lookalike: MMBench is 600" in things and "TextVQA" not in things


def test_things_and_reading_are_counted_apart():
    text = {"questions": 300, "kinds": {"thing": {}}, "reading": {"questions": 100}}
    sentence = benchmark_sentence({"mmbench": {"questions": 600}, "textvqa": text}, {})
    assert "TextVQA is 300 questions on drawn things between three names" in sentence
    assert "100 on sign boards" in sentence
