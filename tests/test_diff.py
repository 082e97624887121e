"""What differs between two experiments in data, settings and cost; experiments, commits and files of a real DVC repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent / "steps"))

from small_answers import write_answers, write_benchmarks
from small_pool import write_params

from bettersynth.compare import compare_runs
from bettersynth.costs import record_path
from bettersynth.diff import diff
from bettersynth.errors import UserError
from bettersynth.files import write_json, write_table
from bettersynth.samples import text_of_caption
from bettersynth.steps import score

ROOT = Path(__file__).parents[1]
GIT = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}
MIX = {
    "plain": [("a", "original", -1, 2), ("b", "original", -1, 2), ("c", "original", -1, 2)],
    "new": [("a", "original", -1, 4), ("b", "tiny", 1, 2), ("d", "original", -1, 2)],
}


def write_mix(kind: str, path: str = "data/mix/mix.parquet") -> None:
    columns = zip(("id", "caption_source", "candidate", "weight"), map(list, zip(*MIX[kind], strict=True)), strict=True)
    write_table(path, pa.table(dict(columns)))


def write_captions(folder: str = ".") -> None:
    pool = {"id": ["a", "b", "c", "d"], "text": [text_of_caption(f"the {letter}") for letter in "abcd"]}
    made = {"id": ["b", "b"], "candidate": [0, 1], "text": [text_of_caption("no"), text_of_caption("a new b")]}
    write_table(f"{folder}/data/pool/samples.parquet", pa.table(pool))
    write_table(f"{folder}/data/caption/candidates.parquet", pa.table(made))


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)


def write_run(folder: str, kind: str, threshold: float, md5: str) -> None:
    write_mix(kind, f"{folder}/data/mix/mix.parquet")
    write_captions(folder)
    Path(folder, "params.yaml").write_text(yaml.safe_dump({"filter": {"threshold": threshold}, "seeds": [0]}))
    stages = {"pool": {"outs": [{"path": "p", "md5": "1"}]}, "mix": {"outs": [{"path": "m", "md5": md5}]}}
    Path(folder, "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))


def test_a_diff_names_what_changed_with_captions_settings_and_cost() -> None:
    write_run("one", "plain", 0.2, "x")
    write_run("two", "new", 0.3, "y")
    write_json(record_path("pool", {"p": "1"}), {"cpu_seconds": 50.0})
    write_json(record_path("mix", {"m": "y"}), {"cpu_seconds": 7.0})
    lines = diff("one", "two").splitlines()
    assert lines[0] == (
        "data: one has 3 samples, two 3; 1 added, 1 removed, 1 recaptioned, 1 reweighted, 2 shared (overlap 50.0 %, of visits 16.7 %)"
    )
    assert lines[1:5] == [
        "  added       d: 'the d', visited 2 times",
        "  removed     c: 'the c', visited 2 times",
        "  recaptioned b: 'the b', visited 2 times -> 'a new b' by tiny, visited 2 times",
        "  reweighted  a: 'the a', visited 2 times -> 'the a', visited 4 times",
    ]
    assert lines[5:7] == ["settings: 1 differ", "  filter.threshold: 0.2 -> 0.3"]
    assert lines[7] == "cost of one: 50 CPU seconds over 1 of 2 stages"
    assert lines[8] == "cost of two: 57 CPU seconds over 2 of 2 stages; 7 CPU seconds for the 1 whose outputs are its own"


def test_the_same_data_in_another_row_order_do_not_differ() -> None:
    write_run("one", "plain", 0.2, "x")
    write_run("two", "plain", 0.2, "x")
    rows = MIX["plain"][::-1]
    columns = zip(("id", "caption_source", "candidate", "weight"), map(list, zip(*rows, strict=True)), strict=True)
    write_table("two/data/mix/mix.parquet", pa.table(dict(columns)))
    lines = diff("one", "two").splitlines()
    assert "0 added, 0 removed, 0 recaptioned, 0 reweighted, 3 shared (overlap 100.0 %, of visits 100.0 %)" in lines[0]
    assert lines[1] == "settings: 0 differ"


def test_what_cannot_be_diffed_is_one_clear_error() -> None:
    Path("empty").mkdir()
    with pytest.raises(UserError, match=r"empty has no training set \(data/mix/mix.parquet\)"):
        diff("empty", "workspace")
    with pytest.raises(UserError, match="nothing is no folder, commit or experiment"):
        diff("nothing", "workspace")


def shell(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=os.environ | GIT)


def dvc(*arguments: str) -> None:
    from dvc.cli import main

    assert main(list(arguments)) == 0


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DVC project whose one stage takes the results of the run that params.yaml names; commit `main`, experiment `better`."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
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
    stage = {
        "cmd": "mkdir -p results data/mix && cp made/${run}/score.json made/${run}/items.parquet results && cp made/${run}/mix.parquet data/mix",
        "deps": ["made"],
        "params": ["run"],
        "outs": ["results/items.parquet", "data/mix/mix.parquet"],
        "metrics": [{"results/score.json": {"cache": False}}],
    }
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"take": stage}}))
    Path("params.yaml").write_text(yaml.safe_dump({"run": "plain"}))
    shell("git", "init", "-q", "-b", "main")
    dvc("init", "-q")
    dvc("repro", "-q")
    shell("git", "add", "-A")
    shell("git", "commit", "-q", "-m", "plain")
    dvc("exp", "run", "-q", "--name", "better", "-S", "run=new")


def test_experiments_commits_folders_and_the_workspace_are_found_and_compared(repository: None, capsys: pytest.CaptureFixture[str]) -> None:
    found = compare_runs(["main", "better", "workspace", "made/plain"], Path("page.html"))
    by_name = {row.other: row for row in found.differences if row.benchmark == "mmbench" and row.protocol == "likelihood"}
    assert by_name["better"].low > 0
    assert by_name["workspace"].difference == by_name["better"].difference
    assert by_name["made/plain"].difference == 0
    assert found.params == {"run": ["plain", "new", "new", "?"]}
    assert [(data.other, data.added, data.recaptioned) for data in found.data] == [
        ("better", 1, 1),
        ("workspace", 1, 1),
        ("made/plain", 0, 0),
    ]
    capsys.readouterr()
    assert "recaptioned b: 'the b', visited 2 times -> 'a new b' by tiny" in diff("main", "better")
    shutil.rmtree("results")
    assert compare_runs(["main", "better"]).differences[0].difference == by_name["better"].difference
    with pytest.raises(UserError, match="bettr is no folder, commit or experiment; experiments here: better; or workspace"):
        compare_runs(["main", "bettr"])
    with pytest.raises(UserError, match=r"workspace has no results/items\.parquet"):
        compare_runs(["main", "workspace"])
