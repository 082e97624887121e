"""The page of a search for several objectives shows the front, and what failed with its reason."""

from bettersynth.experiments.report.search_page import (
    front_plot,
    ladder_words,
    over_cost,
    slices,
    write_page,
)


def step(number: int, **changes) -> dict:
    return {
        "candidate": f"c00{number}",
        "values": {"filter.threshold": number / 10, "mix.new_captions_pass": "all"},
        "visits": 10,
        "seeds": [0],
        "control": False,
        "measure": None,
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


def test_each_setting_has_a_column_with_four_digits(tmp_path):
    start = step(0, candidate="baseline", values={})
    drawn = step(1, values={"filter.threshold": 0.29598350761, "caption": None, "rule:x": False})
    page = tmp_path / "report.html"
    write_page(BEST | {"steps": [start, drawn]}, "", page)
    text = page.read_text()
    for name in ("filter.threshold", "caption", "rule:x"):
        assert f'<th scope="col" class="text">{name}</th>' in text
    assert '<td class="text" data-value="0.29598350761">0.296</td>' in text
    assert ">null</td>" in text and ">False</td>" in text
    assert text.count('<td class="text" data-value=""></td>') == 3


def test_a_search_that_saw_too_little_is_not_called_lucky(tmp_path):
    verdict = {
        "scores": {},
        "contests": [],
        "seen_gain": 2.11,
        "unseen_gain": 2.79,
        "optimism": -0.68,
    }
    page = tmp_path / "report.html"
    write_page(BEST | {"verdict": verdict}, "", page)
    assert "The search saw 0.68 points too little." in page.read_text()
    write_page(BEST | {"verdict": verdict | {"optimism": 0.68}}, "", page)
    assert "too optimistic by 0.68 points" in page.read_text()
    # where the baseline won there is nothing to be lucky with
    write_page(BEST | {"verdict": verdict | {"optimism": 0.0}}, "", page)
    assert "too little" not in page.read_text() and "optimistic" not in page.read_text()


def test_a_slice_a_setting_and_a_front_of_two_objectives():
    assert [name for name, _ in slices(BEST)] == ["filter.threshold", "mix.new_captions_pass"]
    assert str(front_plot(BEST)).count("<circle") == 2
    assert front_plot(BEST | {"objectives": ["mmbench"]}) is None


def test_the_page_says_by_which_measure_a_rung_ranked(tmp_path):
    cheap = [step(k, measure="caption_loss", scores=[-2.5 + k / 4]) for k in (1, 2, 3)]
    scored = [step(k, visits=20) for k in (2, 3)]
    baseline = step(0, candidate="baseline", values={}, visits=20)
    best = BEST | {"steps": [baseline, *cheap, *scored], "objectives": ["mmbench"]}
    assert ladder_words(best) == [
        "3 candidates at 10 visits, 1 seed: by caption loss, nats a token, sign turned",
        "2 candidates at 20 visits, 1 seed: by mmbench",
    ]
    # nats and percent on one axis would say nothing
    assert str(over_cost(best)).count("<circle") == 3
    name, plot = slices(best)[0]
    assert name == "filter.threshold" and "sign turned" in str(plot)
    page = tmp_path / "report.html"
    write_page(best, "", page)
    text = page.read_text()
    assert "<td>-2.250</td>" in text and "caption_loss</td>" in text


def test_a_race_by_all_evidence_shows_what_was_expected(tmp_path):
    runner = {"candidate": "c001", "seeds": 2, "score": 61.0, "difference": 0.0, "low": 0.0}
    runner |= {"high": 0.0, "adjusted_p": 1.0, "falls_out": False}
    page = tmp_path / "report.html"
    write_page(BEST | {"race": [[runner | {"expected": 59.25}]]}, "", page)
    text = page.read_text()
    assert ">expected</th>" in text and "<td>59.25</td>" in text
    assert "2 seeds of the first</th>" in text
    write_page(BEST | {"race": [[runner | {"expected": None}]]}, "", page)
    assert ">expected</th>" not in page.read_text()


def test_a_cost_that_is_no_number_has_no_place_on_the_page(tmp_path):
    unknown = [step(k, scores=[50.0 + k, float("nan")], spent=float("nan")) for k in (1, 2)]
    page = tmp_path / "report.html"
    write_page(BEST | {"steps": unknown, "front": unknown}, "", page)
    assert "<circle" not in str(front_plot(BEST | {"front": unknown}))
    # a dot of each in the plots of both settings, whose scores are known
    assert page.read_text().count("<circle") == 4
