from bettersynth.experiments.report.run_words import benchmark_sentence, run_sentence


def test_the_settings_that_tell_runs_apart_are_named():
    params = {
        "source": {"name": "clipart"},
        "filter": {"recipe": [{}, {}], "threshold": 0.25, "control": "random"},
        "caption": {"captioner": "none"},
    }
    assert run_sentence(params) == (
        "Run: source clipart, a recipe of 2 lines, similarity threshold 0.25, its samples drawn at "
        "random instead (a control), no new captions."
    )
    assert run_sentence({}) == "Run: a recipe of 0 lines."


def test_drawn_benchmarks_are_told_from_the_published_ones():
    levels = {"mmbench": {"questions": 600}, "textvqa": {"questions": 300, "kinds": {"top": {}}}}
    assert "not the leaderboards of the same name" in benchmark_sentence(levels)
    assert "600 questions on drawn things" in benchmark_sentence(levels)
    # kinds of somebody else's
    levels["textvqa"]["kinds"] = {"place": {}}
    assert benchmark_sentence(levels) == ""
    levels["textvqa"]["kinds"] = {}
    assert benchmark_sentence(levels) == ""


def test_things_and_reading_are_counted_apart():
    text = {"questions": 300, "kinds": {"thing": {}}, "reading": {"questions": 100}}
    sentence = benchmark_sentence({"mmbench": {"questions": 600}, "textvqa": text})
    assert "TextVQA 300 questions on drawn things between three names" in sentence
    assert "100 on sign boards" in sentence
