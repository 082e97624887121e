"""The page of an analysis: numbers, words, correlations and examples, safe and complete."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.experiments.report.analysis_part import page
from bettersynth.recipes.analysis import (
    Analysis,
    correlation,
    examples,
    overview,
    quantiles,
)
from bettersynth.recipes.lines import read_recipe


def missing(name: str) -> bytes:
    raise FileNotFoundError(name)


def test_every_kind_of_stat_is_shown_and_a_missing_picture_is_none() -> None:
    analysis = Analysis(
        read=missing,
        ids=["<a>", "b"],
        texts=[text_of_caption("x" * 200), text_of_caption("short")],
        pictures=[["gone.png"], []],
        stats={"num_words": [1, 2000], "lang": ["en", "de"]},
        rejected=3,
    )
    example = {"stat": "num_words", "quantile": 0.5, "value": 2000.0, "row": 0}
    example |= {"id": "<a>", "text": analysis.texts[0]}
    tables = {
        "overview": pd.DataFrame([{"stat": "num_words", "mean": 1000.5, "count": 2}]),
        "quantiles": pd.DataFrame([{"stat": "num_words", "0.5": np.nan}]),
        "correlation": pd.DataFrame([[np.nan, -0.5]], index=["num_words"], columns=["a", "b"]),
        "examples": pd.DataFrame([example]),
    }
    text = page(analysis, tables, "data.jsonl")
    assert "&lt;a&gt;" in text
    assert "<a>" not in text
    assert "x" * 160 + "…" in text
    assert "background:rgba(180,67,15,0.30)" in text
    assert "words in the text: distribution before and after" in text
    assert "1,000" in text
    assert "–" in text
    assert "data:image" not in text


def test_a_recipe_has_its_funnel_and_the_samples_on_both_sides_of_each_bound() -> None:
    [line] = read_recipe([{"words_num_filter": {"min_num": 3}}], "recipe")
    words = [1, 2, 3, 9]
    analysis = Analysis(
        read=missing,
        ids=["one", "two", "three", "nine"],
        texts=[text_of_caption("w " * number) for number in words],
        pictures=[[], [], [], []],
        stats={"num_words": words},
        lines={"num_words": line},
    )
    tables = {
        "overview": overview(analysis),
        "quantiles": quantiles(analysis, [0.5]),
        "correlation": correlation(analysis),
        "examples": examples(analysis, [0.5]),
    }
    text = " ".join(page(analysis, tables, "data.jsonl").split())
    assert '<div class="count">2</div>' in text
    at_bound = text.split('id="bounds"')[1].split('id="examples"')[0]
    assert "words in the text at 3" in at_bound
    order = [at_bound.index(f">{name}<") for name in ("one", "two", "three", "nine")]
    assert order == sorted(order)
    assert at_bound.count("<b>below</b>") == 2
    assert at_bound.count("<b>from it up</b>") == 2
