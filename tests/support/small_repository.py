"""A small DVC repository in the current folder, with two scored runs: commit `main` (poor) and
experiment `better`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import yaml

from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.samples.text_form import text_of_caption
from bettersynth.steps import score
from support.small_answers import write_answers, write_benchmarks
from support.small_pool import write_params

GIT = {
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@t",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@t",
}
MIX = {
    "plain": [("a", "original", -1, 2), ("b", "original", -1, 2), ("c", "original", -1, 2)],
    "new": [("a", "original", -1, 4), ("b", "tiny", 1, 2), ("d", "original", -1, 2)],
}


def write_mix(kind: str, path: str) -> None:
    columns = zip(
        ("id", "caption_source", "candidate", "weight"),
        map(list, zip(*MIX[kind], strict=True)),
        strict=True,
    )
    write_table(path, pa.table(dict(columns)))


def write_captions(folder: str = ".") -> None:
    pool = {
        "id": ["a", "b", "c", "d"],
        "text": [text_of_caption(f"the {letter}") for letter in "abcd"],
    }
    made = {
        "id": ["b", "b"],
        "candidate": [0, 1],
        "text": [text_of_caption("no"), text_of_caption("a new b")],
    }
    write_table(f"{folder}/data/pool/samples.parquet", pa.table(pool))
    write_table(f"{folder}/data/caption/candidates.parquet", pa.table(made))


def dvc(*arguments: str) -> None:
    from dvc.cli import main

    assert main(list(arguments)) == 0


def write_repository() -> None:
    """Two stages take the training set and the scores of the run that params.yaml names; git's
    identity must be in the environment.
    """
    write_benchmarks()
    for name, skill in (("plain", 0.3), ("new", 0.95)):
        write_answers((0, 1, 2), skill=skill)
        write_json("data/mix/card.json", {"counts": {"samples": 3}})
        write_params(seeds=[0, 1, 2], score={"bootstrap_draws": 200})
        score.main()
        write_mix(name, f"made/{name}/mix.parquet")
        for path in ("results/score.json", "results/items.parquet"):
            shutil.copy(path, f"made/{name}")
    shutil.rmtree("results")
    shutil.rmtree("data/mix")
    write_captions()
    stages = {
        "mix": {
            "cmd": "mkdir -p data/mix && cp made/${run}/mix.parquet data/mix",
            "deps": ["made"],
            "params": ["run"],
            "outs": ["data/mix/mix.parquet"],
        },
        "score": {
            "cmd": (
                "mkdir -p results && cp made/${run}/score.json made/${run}/items.parquet results"
            ),
            "deps": ["data/mix", "made"],
            "params": ["run", "seeds"],
            "outs": ["results/items.parquet"],
            "metrics": [{"results/score.json": {"cache": False}}],
        },
    }
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    params = {"run": "plain", "seeds": [0, 1, 2], "mix": {}}
    Path("params.yaml").write_text(yaml.safe_dump(params))
    Path(".gitignore").write_text("/data/mix\n/results/*\n!/results/score.json\n")
    _git("init", "-q", "-b", "main")
    dvc("init", "-q")
    dvc("repro", "-q")
    _git("add", "-A")
    _git("commit", "-q", "-m", "the plain run")
    dvc("exp", "run", "-q", "--name", "better", "-S", "run=new")


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=os.environ | GIT)
