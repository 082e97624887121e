"""Finding an experiment's results; those that older code wrote are read still
(tests/fixtures/old_experiments).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.history.compare import comparison_of
from bettersynth.experiments.history.compared_runs import (
    load_experiment,
    load_run,
    read_lock,
    reader_of,
    revision_of,
    score_in,
    table_of,
    training_set,
)
from bettersynth.experiments.history.diff import diff
from bettersynth.experiments.history.explain import explain

OLD = Path(__file__).parents[2] / "fixtures/old_experiments"


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_folder_of_old_results_has_scores_settings_and_training_set() -> None:
    run = load_run(str(OLD / "poor"))
    assert run.score["mmbench"] == 29.17
    assert run.items.num_rows == 4 * (30 + 20)
    assert run.params["filter"] == {"threshold": 0.2}
    assert training_set(run.read, run.name)["id"].to_pylist() == ["a", "b", "c"]
    assert list(run.costs) == ["mix", "score"]


def test_old_experiments_are_compared_with_the_same_numbers_as_then() -> None:
    comparison = comparison_of([load_run(str(OLD / "poor")), load_run(str(OLD / "good"))])
    first = comparison.differences[0]
    assert (first.benchmark, first.protocol, first.seeds) == ("mmbench", "likelihood", 4)
    shown = (first.difference, first.low, first.high, first.p)
    assert shown == pytest.approx((64.1667, 50.98, 76.47, 0.0006), abs=0.01)
    assert comparison.params == {"filter.threshold": [0.2, 0.4]}
    data = comparison.data[0]
    assert (data.added, data.removed, data.recaptioned, data.reweighted) == (1, 1, 1, 1)


def test_old_experiments_are_diffed() -> None:
    lines = diff(str(OLD / "poor"), str(OLD / "good"), examples=1).splitlines()
    assert "1 added, 1 removed, 1 recaptioned, 1 reweighted, 2 shared" in lines[0]
    assert lines[1] == "  added       d: caption, visited 2 times"
    assert lines[5:7] == ["settings: 1 differ", "  filter.threshold: 0.2 -> 0.4"]


def test_a_sample_of_an_old_run_is_explained() -> None:
    lines = explain("s00", str(OLD / "kept")).splitlines()
    assert lines[0] == "s00"
    assert (
        "  rule      words_num_filter: num_words = 4; allowed min_num 2, max_num inf: kept" in lines
    )
    assert any("image_text_similarity = [0.1]" in line and "DROPPED" in line for line in lines)
    assert any(line.endswith("<- in training") for line in lines)


def test_a_reader_finds_a_file_by_its_path_or_its_name() -> None:
    Path("kept/results").mkdir(parents=True)
    Path("kept/results/score.json").write_text("1")
    Path("kept/params.yaml").write_text("{}")
    read = reader_of("kept")
    assert read("results/score.json") == b"1"
    assert read("data/params.yaml") == b"{}"
    assert read("nothing") is None
    assert reader_of("kept/params.yaml")("results/score.json") == b"1"


def test_what_is_not_there_is_one_clear_error() -> None:
    Path("empty").mkdir()
    assert load_experiment("empty").params is None
    Path("emptied").mkdir()
    Path("emptied/params.yaml").touch()
    with pytest.raises(UserError, match=r"params.yaml of emptied holds no settings"):
        load_experiment("emptied")
    Path("emptied/params.yaml").unlink()
    Path("emptied/dvc.lock").touch()
    with pytest.raises(UserError, match=r"dvc.lock of emptied is empty"):
        load_experiment("emptied")
    assert revision_of("empty") is None
    with pytest.raises(UserError, match=r"empty has no results/items.parquet; run it first"):
        load_run("empty")
    with pytest.raises(UserError, match=r"empty has no dvc.lock: no stage has run there yet"):
        read_lock("empty")
    with pytest.raises(UserError, match="nothing is no folder, commit or experiment"):
        load_experiment("nothing")
    with pytest.raises(UserError, match="x of y is damaged; run its stage again"):
        table_of(b"no parquet", "x of y")


def test_a_damaged_score_is_one_line() -> None:
    score = json.loads((OLD / "poor/score.json").read_bytes())
    assert score_in(json.dumps(score).encode(), "here") == score
    message = "score.json of old has no seeds as the score step writes it: it is damaged, or of an"
    with pytest.raises(UserError, match=message):
        score_in(json.dumps(score | {"seeds": None}).encode(), "score.json of old")


def test_items_that_cannot_be_compared_name_their_run() -> None:
    Path("one").mkdir()
    shutil.copy(OLD / "poor/score.json", "one")
    items = pq.read_table(OLD / "poor/items.parquet")
    pq.write_table(items.filter(pc.equal(items["benchmark"], "mmbench")), "one/items.parquet")
    said = r"^results/items.parquet of one: there is no answer to textvqa; run the score step again"
    with pytest.raises(UserError, match=said):
        load_run("one")


@pytest.mark.parametrize("name", ["workspace", "kept"])
@pytest.mark.parametrize("file", ["params.yaml", "dvc.lock", "data/mix/mix.parquet"])
def test_a_folder_in_the_place_of_a_file_is_not_taken_for_an_absent_one(name, file) -> None:
    Path("kept").mkdir()
    read = reader_of(name)
    assert read(file) is None
    Path("kept" if name == "kept" else "", file).mkdir(parents=True)
    with pytest.raises(UserError, match=f"{file} is a folder; it must be a file"):
        read(file)


@pytest.mark.parametrize("content", ["{}", "filter:\nmix:\n", "seeds: [0]"])
def test_settings_without_a_section_are_refused_as_an_emptied_file_is(content) -> None:
    Path("kept").mkdir()
    Path("kept/params.yaml").write_text(content)
    with pytest.raises(UserError, match=r"params\.yaml of kept holds no settings; it must map"):
        load_experiment("kept")


def test_a_lock_that_ends_before_the_scores_is_told(capsys) -> None:
    Path("cut/results").mkdir(parents=True)
    Path("cut/dvc.lock").write_text(
        "schema: '2.0'\nstages:\n  mix:\n    outs:\n    - path: data/mix\n"
    )
    load_experiment("cut")
    assert capsys.readouterr().err == ""
    Path("cut/results/score.json").write_text("{}")
    load_experiment("cut")
    assert (
        "dvc.lock of cut does not record results/score.json: it was cut" in capsys.readouterr().err
    )
