"""The page of pools."""

from __future__ import annotations

from support.pool_arms import ended_arm

from bettersynth.experiments.report.pools_page import learned, write_pools_page
from bettersynth.experiments.studies.arms import Pair, compare_pairs
from bettersynth.settings.pools import PoolsSettings


def test_the_page_says_what_is_told_apart_and_what_failed(tmp_path):
    arms = {"a": 0.05, "b": 0.95, "lost": None}
    results = {name: ended_arm(name, skill) for name, skill in arms.items()}
    pairs = [Pair("b", "a", "b beside a"), Pair("lost", "a", "lost beside a", 12.5)]
    comparisons = compare_pairs(results, pairs)
    sentences = learned(comparisons)
    assert sentences[0].startswith("b beside a: gains ")
    assert sentences[1].startswith("1 of 2 comparisons are not told from chance")
    settings = PoolsSettings(
        experiment="tiny", stats=["a"], seeds=[0], combine=1, repeats=[], leave_one_out=True
    )
    page = tmp_path / "report.html"
    write_pools_page("tiny", settings, results, comparisons, page)
    text = page.read_text()
    assert "the arm &lt;lost&gt;: failed, no sample is left" in text
    assert "leave the training out" in text
    assert "12.5" in text
