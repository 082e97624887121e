"""The page of cheap measures."""

from __future__ import annotations

import dataclasses

from support.cheap_recipes import SKILLS, recipes_of

from bettersynth.experiments.report.fidelity_page import best_rows, write_fidelity_page
from bettersynth.experiments.studies.fidelity import fidelity


def test_the_page_names_the_best_measure_of_each_visits_and_draws_it(tmp_path):
    recipes = recipes_of(SKILLS)
    early = [dataclasses.replace(run, visits=1000) for run in recipes.cheap]
    recipes = dataclasses.replace(recipes, cheap=[*early, *recipes.cheap])
    result = fidelity(recipes)
    assert [row.visits for row in best_rows(result)] == [1000, 3000]
    page = tmp_path / "report.html"
    write_fidelity_page(result, recipes, page)
    text = page.read_text()
    assert "After 1,000 visits" in text
    assert "After 3,000 visits" in text
    # agreement over cost, and the best measure of each number of visits
    assert text.count("<figure>") == 3
    assert "<best>" not in text
    assert "&lt;best&gt;" in text


def test_recipes_that_nothing_tells_apart_are_told_so(tmp_path):
    recipes = recipes_of(dict.fromkeys(SKILLS, 0.5))
    result = fidelity(recipes)
    assert best_rows(result) == []
    write_fidelity_page(result, recipes, tmp_path / "report.html")
    assert "No pair of recipes is told apart" in (tmp_path / "report.html").read_text()
