"""Each category is compared by its own questions, all of them one family."""

import dataclasses

import pyarrow as pa
from support.small_runs import known_run

from bettersynth.experiments.history.category_differences import category_differences
from bettersynth.experiments.history.compared_runs import with_scores


def run_of(name, skill, categories):
    run = with_scores(known_run(name, skill).experiment)
    items = run.items.to_pylist()
    for place, row in enumerate(items):
        row["category"] = categories[place % len(categories)]
        row["l2_category"] = "CP" if row["benchmark"] == "mmbench" else ""
    return dataclasses.replace(run, items=pa.Table.from_pylist(items, schema=run.items.schema))


def test_categories_of_both_benchmarks_have_their_differences():
    runs = [run_of("poor", 0.2, ["a", "b"]), run_of("good", 0.9, ["a", "b"])]
    rows = category_differences(runs)
    named = [(row.difference.benchmark, row.category, row.questions) for row in rows]
    assert named == [
        ("mmbench", "CP", 20),
        ("mmbench", "a", 10),
        ("mmbench", "b", 10),
        ("textvqa", "a", 10),
        ("textvqa", "b", 10),
    ]
    assert all(row.difference.difference > 0 for row in rows)
    assert all(row.difference.adjusted_p >= row.difference.p for row in rows)
    # the parts make the whole
    whole, first, second = (row.difference.difference for row in rows[:3])
    assert abs(whole - (first + second) / 2) < 1e-9


def test_questions_without_categories_have_no_rows():
    assert category_differences([run_of("a", 0.2, [""]), run_of("b", 0.9, [""])])[1:] == []
