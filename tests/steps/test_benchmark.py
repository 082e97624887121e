"""The benchmark step: builds both benchmarks or takes the real files, and measures what guessing
gets.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml
from support.concept_pool import write_concept_pool
from support.default_settings import default_params

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.pictures.images import ImageStore
from bettersynth.errors import UserError
from bettersynth.evaluation.benchmarks.mmbench import GROUP
from bettersynth.steps import benchmark

FIXTURE = Path(__file__).parents[1] / "fixtures/mmbench/mmbench_synth.tsv"
OUTPUTS = (
    "mmbench.tsv",
    "textvqa.jsonl",
    "textvqa_annotations.json",
    "textvqa_images/shards.json",
    "baselines.json",
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the step in an empty folder with the settings given."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BETTERSYNTH_THREADS", "1")

    def run_step(mmbench=None, textvqa=None, without=""):
        write_concept_pool(without)
        settings = {
            "mmbench": {"questions": 24} | (mmbench or {}),
            "textvqa": {"boards": 6} | (textvqa or {}),
        }
        Path("params.yaml").write_text(yaml.safe_dump(default_params(benchmark=settings)))
        benchmark.main()

    return run_step


def test_baselines_are_stored_and_printed_and_two_runs_give_the_same_bytes(run, capsys):
    run()
    baselines = read_json("data/benchmark/baselines.json")
    table = pd.read_csv("data/benchmark/mmbench.tsv", sep="\t", dtype={"index": int})
    base = table[table["index"] < GROUP]
    options = base[list("ABCD")].notna().sum(axis=1)
    chance = baselines["mmbench"]["chance"]
    assert chance["likelihood"] == pytest.approx((1 / options).mean())
    assert chance["circular"] == pytest.approx((1 / options**options).mean())
    text = baselines["textvqa"]
    assert 0 < text["any_listed_token"] <= text["best_listed_token"] <= text["consensus"] == 1
    assert f"any listed token {text['any_listed_token']:.1%}" in capsys.readouterr().out
    first = [sha256_of_file(f"data/benchmark/{name}") for name in OUTPUTS]
    run()
    assert [sha256_of_file(f"data/benchmark/{name}") for name in OUTPUTS] == first


def test_real_files_are_taken_and_their_chance_measured(run):
    run(textvqa={"boards": 2})
    Path("real").mkdir()
    for name in OUTPUTS[1:3]:
        Path(f"data/benchmark/{name}").rename(f"real/{name}")
    boards = ImageStore("data/benchmark/textvqa_images")
    with zipfile.ZipFile("real/textvqa_images.zip", "w") as archive:
        for name in boards.names():
            archive.writestr(name, boards.read(name))
    real = {
        "questions": "real/textvqa.jsonl",
        "annotations": "real/textvqa_annotations.json",
        "images": "real/textvqa_images.zip",
    }
    run(mmbench={"file": str(FIXTURE)}, textvqa=real, without="benchmark")
    assert Path("data/benchmark/mmbench.tsv").read_bytes() == FIXTURE.read_bytes()
    assert sha256_of_file("data/benchmark/textvqa.jsonl") == sha256_of_file("real/textvqa.jsonl")
    baselines = read_json("data/benchmark/baselines.json")
    assert baselines["mmbench"]["questions"] == 40
    assert baselines["textvqa"]["questions"] == 2


def test_real_textvqa_files_come_together(run):
    with pytest.raises(
        UserError,
        match=r"textvqa.questions is set, benchmark.textvqa.annotations, "
        r"benchmark.textvqa.images not",
    ):
        run(textvqa={"questions": "real.jsonl"})
