"""Comparing runs in folders: differences, tests, what differs in data and settings, a page that is
safe and complete.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from support.small_answers import write_answers, write_benchmarks
from support.small_pool import write_params

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.errors import UserError
from bettersynth.experiments.history.compare import compare_runs, short_names
from bettersynth.steps import score


def make_run(
    name: str,
    skill: float,
    samples: dict[str, tuple[str, int]],
    seeds: tuple[int, ...] = (0, 1, 2, 3),
    threshold: float = 0.2,
) -> None:
    """Score answers of a skill and keep them in the folder `name`; `samples` are (caption source,
    weight) by id.
    """
    write_answers(seeds, skill=skill)
    write_json("data/mix/card.json", {"counts": {"samples": len(samples)}})
    write_params(seeds=list(seeds), score={"bootstrap_draws": 200}, filter={"threshold": threshold})
    score.main()
    rows = [
        (sample, source, -1 if source == "original" else 0, weight)
        for sample, (source, weight) in samples.items()
    ]
    columns = dict(
        zip(
            ("id", "caption_source", "candidate", "weight"),
            map(list, zip(*rows, strict=True)),
            strict=True,
        )
    )
    write_table(f"{name}/mix.parquet", pa.table(columns))
    for path in ("results/score.json", "results/items.parquet", "params.yaml"):
        shutil.copy(path, name)


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_benchmarks()


def test_a_better_run_is_told_from_a_worse_one_and_everything_that_differs_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_run("poor", 0.3, {"a": ("original", 2), "b": ("original", 2), "c": ("original", 2)})
    make_run(
        "good", 0.95, {"a": ("original", 3), "b": ("tiny", 2), "d": ("original", 2)}, threshold=0.4
    )
    found = compare_runs(["poor", "good"])
    first = found.differences[0]
    assert (first.benchmark, first.protocol, first.other, first.seeds) == (
        "mmbench",
        "likelihood",
        "good",
        4,
    )
    assert first.low > 0
    assert first.p < 0.05
    assert first.difference == pytest.approx(first.other_score - first.reference_score)
    assert first.only_other is not None
    assert first.only_reference is not None
    assert first.only_other - first.only_reference == pytest.approx(first.difference / 100 * 4 * 30)
    assert all(row.adjusted_p >= row.p for row in found.differences)
    data = found.data[0]
    assert (data.shared, data.added, data.removed, data.recaptioned, data.reweighted) == (
        2,
        1,
        1,
        1,
        1,
    )
    assert {kind: [example.id for example in found] for kind, found in data.examples.items()} == {
        "added": ["d"],
        "removed": ["c"],
        "recaptioned": ["b"],
        "reweighted": ["a"],
    }
    assert found.params == {"filter.threshold": [0.2, 0.4]}
    assert any(item.second_score > item.first_score for item in found.flipped["good"])
    assert "mmbench likelihood" in capsys.readouterr().out


def test_the_page_escapes_what_runs_hold_and_loads_nothing() -> None:
    make_run("poor", 0.3, {"<i>a</i>": ("original", 2)})
    make_run("<b>good", 0.95, {"b": ("original", 3)})
    items = read_table("<b>good/items.parquet")
    said = [
        "<img src=x onerror=alert(1)>" if name == "textvqa" else text
        for name, text in zip(
            items["benchmark"].to_pylist(), items["prediction"].to_pylist(), strict=True
        )
    ]
    right = [1.0 if name == "textvqa" else None for name in items["benchmark"].to_pylist()]
    items = items.set_column(
        items.schema.get_field_index("prediction"), "prediction", pa.array(said)
    )
    write_table(
        "<b>good/items.parquet",
        items.set_column(items.schema.get_field_index("accuracy"), "accuracy", pa.array(right)),
    )
    compare_runs(["poor", "<b>good"], Path("page.html"))
    page = Path("page.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;good" in page
    assert "&lt;i&gt;a" in page
    assert "<b>good" not in page
    assert "<i>a" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page
    assert "http" not in page
    assert "src=" not in page.replace('src="data:', "").replace("&lt;img src=x", "")


def test_the_same_run_twice_does_not_differ() -> None:
    make_run("one", 0.6, {"a": ("original", 2)})
    make_run("two", 0.6, {"a": ("original", 2)})
    found = compare_runs(["one", "two"])
    assert all((row.difference, row.p) == (0.0, 1.0) for row in found.differences)
    assert found.params == {}
    assert found.flipped == {"two": []}


def test_seeds_that_both_have_are_compared() -> None:
    make_run("one", 0.3, {"a": ("original", 2)}, seeds=(0, 1, 2))
    make_run("two", 0.9, {"a": ("original", 2)}, seeds=(1, 2, 5))
    assert compare_runs(["one", "two"]).differences[0].seeds == 2
    make_run("three", 0.9, {"a": ("original", 2)}, seeds=(8, 9))
    with pytest.raises(UserError, match="one and three have no training seed in common"):
        compare_runs(["one", "three"])


def test_the_intervals_of_runs_with_fewer_common_seeds_are_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_run("one", 0.3, {"a": ("original", 2)}, seeds=(0, 1))
    for name, seeds in (("two", (0, 1)), ("three", (1, 5))):
        make_run(name, 0.9, {"a": ("original", 2)}, seeds=seeds)
    whole = "hold how 2 trainings differ, and the pictures"
    assert compare_runs(["one", "two"]).intervals == [whole]
    capsys.readouterr()
    of_two, of_three = compare_runs(["one", "two", "three"], Path("page.html")).intervals
    assert of_two == f"of two {whole}"
    assert of_three.startswith("of three leave the training out")
    told = capsys.readouterr().out
    page = Path("page.html").read_text(encoding="utf-8")
    assert f"the intervals of the differences {of_two}\n" in told
    assert f"the intervals of the differences {of_three}\n" in told
    assert f"The intervals of the differences {of_two}." in page
    assert "The intervals of the differences of three leave the training out" in page


def test_the_page_says_which_differences_each_correction_is_over() -> None:
    for name, skill in (("one", 0.3), ("two", 0.9)):
        make_run(name, skill, {"a": ("original", 2)})
    compare_runs(["one", "two"], Path("page.html"))
    page = Path("page.html").read_text(encoding="utf-8")
    assert "Differences by category" in page
    assert "Holm's correction is over the differences of the whole scores; " in page
    assert "over all differences on this page" not in page


def test_what_cannot_be_compared_is_one_clear_error() -> None:
    make_run("one", 0.5, {"a": ("original", 2)})
    with pytest.raises(UserError, match="needs two or more different"):
        compare_runs(["one", "one"])
    with pytest.raises(UserError, match="nothing is no folder, commit or experiment"):
        compare_runs(["one", "nothing"])
    Path("empty").mkdir()
    with pytest.raises(UserError, match=r"empty has no results/items\.parquet"):
        compare_runs(["one", "empty"])
    annotations = read_json("data/benchmark/textvqa_annotations.json")
    for entry in annotations["data"]:
        entry["question"] = "What does it say?"
    write_json("data/benchmark/textvqa_annotations.json", annotations)
    for seed in range(4):
        path = Path(f"results/predictions/textvqa-{seed}.jsonl")
        path.write_text(path.read_text().replace("What word is on the sign?", "What does it say?"))
    score.main()
    shutil.copytree("one", "other")
    shutil.copy("results/items.parquet", "other/items.parquet")
    with pytest.raises(UserError, match="one and other answered other textvqa questions"):
        compare_runs(["one", "other"])


def test_folders_of_results_go_by_their_last_name_unless_two_would_have_it() -> None:
    assert short_names(["workspace", "results/similarity/", "other/clean"]) == [
        "workspace",
        "similarity",
        "other/clean",
    ]
    assert short_names(["similarity", "results/similarity"]) == ["similarity", "results/similarity"]
