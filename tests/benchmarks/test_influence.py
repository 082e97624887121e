"""benchmarks/influence.py: halves, trainings that are made once, and the tables."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from support.benchmark_scripts import BENCHMARKS, script
from support.small_training import PICTURES, picture, small_project

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import write_table
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.data.tables.mix import MIX_TABLE
from bettersynth.data.tables.planted import write_planted
from bettersynth.data.tables.restats import RESTATS
from bettersynth.data.tables.stats import write_stats
from bettersynth.errors import UserError
from bettersynth.settings.reading import load_params

influence = script("influence")
asking = script("influence_asking")
page = script("influence_page")
report = script("influence_report")
results = script("influence_results")
training = script("influence_training")
WORDS = ("red", "car", "blue", "house", "dog", "grass", "sign", "stop")
SAMPLES = 64
VISITS = 24
OPTIONS = ["--visits", str(VISITS), "--halves", "10", "--again", "2", "--pairs", "1"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = small_project(tmp_path_factory.mktemp("influence"))
    names = [f"{k}.png" for k in range(PICTURES)]
    # eight pairs that no training sees, and pictures of the pool
    captions = [*WORDS, *["red car"] * (PICTURES - len(WORDS))]
    splits = ["reference" if k < len(WORDS) else "pool" for k in range(PICTURES)]
    table = {
        "id": names,
        "text": [text_of_caption(caption) for caption in captions],
        "images": [[name] for name in names],
        "image_sha256": [[sha256_of_bytes(picture(k))] for k in range(PICTURES)],
        "concept": [""] * PICTURES,
        "source": ["made"] * PICTURES,
        "split": splits,
    }
    write_table(folder / "data/pool/samples.parquet", pa.table(table))
    pooled = np.random.default_rng(1).random((PICTURES, 5)).astype(np.float32)
    np.save(folder / "data/features/pooled.npy", pooled)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        _write_samples()
    return folder


def _write_samples() -> None:
    """Write where the 64 captions are from: the last is new, it and every fourth are planted."""
    ids = [f"s{k}" for k in range(SAMPLES)]
    kinds = ["original"] * (SAMPLES - 1) + ["captioner"]
    numbers = [-1] * (SAMPLES - 1) + [2]
    mix = {"id": ids, "caption_source": kinds, "candidate": numbers}
    write_table(MIX_TABLE, pa.table(mix))
    similar = [[0.01 * k] for k in range(SAMPLES)]
    write_stats("image_text_similarity_filter", ids, {"image_text_similarity": similar})
    new = {"id": ["s63", "s63"], "candidate": [0, 2], "image_text_similarity": [[0.5], [0.7]]}
    write_table(RESTATS, pa.table(new))
    rows = []
    planted = {*range(0, SAMPLES, 4), SAMPLES - 1}
    for k, id in enumerate(ids):
        rows.append({"id": id, "planted": k in planted, "original_text": "", "donor_id": ""})
    write_planted(rows)


@pytest.fixture(autouse=True)
def here(project, monkeypatch):
    monkeypatch.chdir(project)


def test_halves_are_drawn_by_name_and_a_pair_shares_every_sample_out():
    ids = [f"s{k}" for k in range(21)]
    planned = influence.planned(ids, halves=4, again=2, pairs=2)
    names = [one.name for one in planned]
    assert names[:5] == ["half-00", "half-00-again", "half-01", "half-01-again", "half-02"]
    by_name = {one.name: one for one in planned}
    assert by_name["half-01"].ids == by_name["half-01-again"].ids
    assert (by_name["half-01"].seed, by_name["half-01-again"].seed) == (0, 1)
    assert len({one.ids for one in planned}) == 4 + 2 * 2
    assert all(len(one.ids) == 10 for one in planned if one.name.startswith("half"))
    one, rest = (set(by_name[f"attributing-0{end}"].ids) for end in ("", "-rest"))
    assert (one | rest, one & rest) == (set(ids), set())
    assert planned == influence.planned(ids, halves=4, again=2, pairs=2)


def test_what_is_asked_are_captions_beside_two_pictures_and_options():
    asked, hashes = asking.asked_rows(8)
    # two of MMBench's four questions are in the seen half, with three options each
    assert (len(asked.rows), len(hashes)) == (2 * 8 + 2 * 3, 2)
    assert {name: len(rows) for name, rows in asked.weights.items()} == {
        "caption": 8,
        "own picture": 8,
        "option": 2,
    }
    own, other = asked.rows[:2]
    assert own["conversations"] == other["conversations"]
    assert own["image"] != other["image"]
    right = [asked.rows[row]["conversations"][1]["value"] for row in asked.right]
    assert right == ["red car", "red car"]
    values = np.arange(len(asked.rows), dtype=float)
    found = asking.outcomes(asked, values)
    np.testing.assert_array_equal(found["caption"], values[:16:2])
    np.testing.assert_array_equal(found["own picture"], [-1.0] * 8)
    first = values[asked.right[0]] - values[asked.rivals[0]].mean()
    assert found["option"][0] == pytest.approx(first)
    assert asking.summary(asked, -values) == {
        "caption loss": pytest.approx(values[:16:2].mean()),
        "own picture picked": 1.0,
        "right options": 1.0,
    }


@pytest.fixture(scope="module")
def bench(project):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        influence.start_process(load_params(), VISITS, 8)
    return influence._bench


def test_a_training_sees_its_samples_alone_and_stage_1_as_set(bench):
    first = bench.trained(bench.ids[:32], 0, "one")
    again = bench.trained(bench.ids[:32], 0, "two")
    other = bench.trained(bench.ids[32:], 0, "three")
    rows = bench.asked.rows
    found = [bench.log_probabilities(model, rows) for model in (first, again, other)]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-4
    assert (found[0] < 0).all()
    with pytest.raises(UserError, match="visits these 3 samples 3 times; --visits 24 is more"):
        bench.trained(bench.ids[:3], 0, "four")


def test_a_rows_gradient_belongs_to_it_in_any_batch(bench):
    model = bench.trained(bench.ids[:32], 0, "one")
    rows = bench.asked.rows[:6]
    values, gradients = bench.gradients(model, rows)
    np.testing.assert_allclose(values, bench.log_probabilities(model, rows), rtol=1e-5)
    alone, gradient = bench.gradients(model, rows[3:4])
    assert alone[0] == pytest.approx(values[3], rel=1e-5)
    np.testing.assert_allclose(gradient[0], gradients[3], rtol=1e-3, atol=1e-6)
    assert np.abs(gradients).max() > 0


def test_what_is_stored_of_trainings_makes_the_tables(bench, tmp_path):
    trainings = influence.planned(bench.ids, halves=10, again=2, pairs=1)
    for one in trainings:
        influence.train_and_ask(one, tmp_path)
    findings = influence.read_findings(trainings, tmp_path, bench)
    assert findings.inside.shape == (10, SAMPLES)
    assert (findings.inside.sum(axis=1) == SAMPLES // 2).all()
    assert findings.measured["option"].shape == (10, 2)
    assert findings.again["caption"].shape == (2, 8)
    assert findings.attributions["trak"]["own picture"].shape == (8, SAMPLES)
    # of two models one has seen a sample
    whole = {}
    for name in ("attributing-0", "attributing-0-rest"):
        whole[name] = np.load(tmp_path / f"{name}.npz")["own"]
    unseen = np.isin(bench.ids, trainings[-1].ids)
    expected = np.where(unseen, whole["attributing-0"], whole["attributing-0-rest"])
    np.testing.assert_allclose(findings.own_unseen, expected, rtol=1e-6)
    found = results.results(findings, bench)
    lines = report.influence_tables(found, bench).splitlines()
    assert "64 samples, 63 of them with their first caption, 16 of those planted" in lines[0]
    methods = [line for line in lines if "own picture  " in line]
    assert len(methods) == 7
    # similarity and datamodel, of which nothing is known to be right here, have their areas
    assert all(line.count(" to ") >= 1 for line in methods)
    assert sum(line.startswith("  ") for line in lines) == 2 * results.LISTED
    # planted once, but it has a new caption
    assert not found.planted[bench.ids.index("s63")]
    html = tmp_path / "report.html"
    page.write_page(found, bench, html)
    text = html.read_text()
    assert text.count('class="pair"') == 2 * results.LISTED
    # the small project's pictures are none
    assert text.count("no picture") == 2 * results.LISTED
    for method in ("gradients, TRAK", "datamodel, cross-validated"):
        assert text.count(f">{method}</td>") == 3
    page.write_page(results.results(findings, bench), bench, html)
    assert html.read_text() == text


def test_the_similarity_is_that_of_the_caption_that_was_trained_with(bench):
    source = results.caption_sources(bench.ids)
    found = results.similarities(bench.ids, source)
    by_id = dict(zip(bench.ids, found.tolist(), strict=True))
    assert by_id["s5"] == pytest.approx(0.05)
    # its own caption had .63
    assert by_id["s63"] == pytest.approx(0.7)


def test_what_is_done_is_not_done_again(bench, tmp_path, monkeypatch):
    trainings = influence.planned(bench.ids, halves=10, again=0, pairs=1)[:2]
    for one in trainings:
        (tmp_path / f"{one.name}.json").write_text(json.dumps(dataclasses.asdict(one)))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    # a training would need it
    monkeypatch.setattr(influence, "WatchedPool", None)
    influence.run_trainings(trainings, tmp_path, 2, ())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.slow
def test_the_command_trains_in_two_processes_and_prints_again_what_it_found(project):
    command = [sys.executable, str(BENCHMARKS / "influence.py"), *OPTIONS]
    command += ["--asked", "8", "--workers", "2"]
    said = []
    for _ in range(2):
        done = subprocess.run(command, cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert said[0] == said[1]
    assert len(list(Path("results/influence").glob("*/*.json"))) == 14
    (html,) = Path("results/influence").glob("*/report.html")
    assert said[0].endswith(f"page: {html}\n")
