"""The page of a search for several objectives shows the front, and what failed with its reason."""

from bettersynth.experiments.report.search_page import front_plot, slices, write_page


def step(number: int, **changes) -> dict:
    return {
        "candidate": f"c00{number}",
        "values": {"filter.threshold": number / 10, "mix.new_captions_pass": "all"},
        "visits": 10,
        "seeds": [0],
        "control": False,
        "scores": [50.0 + number, 100.0 * number],
        "failure": "",
        "spent": number / 10,
    } | changes


BEST = {
    "search": "small",
    "experiment": None,
    "objectives": ["mmbench", "cpu_seconds"],
    "winner": {"candidate": "c002", "values": {}, "overrides": []},
    "verdict": None,
    "says": "c002 <was> chosen.",
    "cut": "2 of 4 candidates",
    "trials": 4,
    "failed": 1,
    "cpu_seconds": 1234.5,
    "gpu_seconds": 0.0,
    "race": [],
    "front": [step(1), step(2)],
    "importances": {},
    "steps": [step(1), step(2), step(3, failure="nothing is left", scores=[])],
}


def test_failures_and_cuts_are_said_and_words_are_escaped(tmp_path):
    page = tmp_path / "report.html"
    write_page(BEST, "seeds: [0]\n", page)
    text = page.read_text()
    assert "The budget left out 2 of 4 candidates." in text
    assert "c003, 10 visits: nothing is left" in text
    assert "c002 &lt;was&gt; chosen." in text
    assert "1,234 CPU seconds" in text


def test_a_slice_a_setting_and_a_front_of_two_objectives():
    assert [name for name, _ in slices(BEST)] == ["filter.threshold", "mix.new_captions_pass"]
    assert str(front_plot(BEST)).count("<circle") == 2
    assert front_plot(BEST | {"objectives": ["mmbench"]}) is None
