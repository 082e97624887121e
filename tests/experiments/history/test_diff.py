"""What differs between two experiments in data, settings and cost; where a score comes from; on a
real DVC repository.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from support.small_repository import GIT, MIX, write_captions, write_mix, write_repository

from bettersynth import cli
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import write_json, write_table
from bettersynth.errors import UserError
from bettersynth.experiments.history.compare import compare_runs
from bettersynth.experiments.history.costs import record_path
from bettersynth.experiments.history.diff import diff
from bettersynth.experiments.history.provenance import explain_score


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BETTERSYNTH_CACHE", raising=False)


def write_run(folder: str, kind: str, threshold: float, md5: str) -> None:
    write_mix(kind, f"{folder}/data/mix/mix.parquet")
    write_captions(folder)
    Path(folder, "params.yaml").write_text(
        yaml.safe_dump({"filter": {"threshold": threshold}, "seeds": [0]})
    )
    stages = {
        "pool": {"outs": [{"path": "p", "md5": "1"}]},
        "mix": {"outs": [{"path": "m", "md5": md5}]},
    }
    Path(folder, "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))


def test_a_diff_names_what_changed_with_captions_settings_and_cost() -> None:
    write_run("one", "plain", 0.2, "x")
    write_run("two", "new", 0.3, "y")
    write_json(record_path("pool", {"p": "1"}), {"cpu_seconds": 50.0})
    write_json(record_path("mix", {"m": "y"}), {"cpu_seconds": 7.0})
    lines = diff("one", "two").splitlines()
    assert lines[0] == (
        "data: one has 3 samples, two 3; 1 added, 1 removed, 1 recaptioned, 1 reweighted, 2 "
        "shared (overlap 50.0 %, of visits 16.7 %)"
    )
    assert lines[1:5] == [
        "  added       d: 'the d', visited 2 times",
        "  removed     c: 'the c', visited 2 times",
        "  recaptioned b: 'the b', visited 2 times -> 'a new b' by tiny, visited 2 times",
        "  reweighted  a: 'the a', visited 2 times -> 'the a', visited 4 times",
    ]
    assert lines[5:7] == ["settings: 1 differ", "  filter.threshold: 0.2 -> 0.3"]
    assert lines[7] == "cost of one: 50 CPU seconds over 1 of 2 stages"
    assert lines[8] == (
        "cost of two: 57 CPU seconds over 2 of 2 stages; 7 CPU seconds for the 1 whose "
        "outputs are its own"
    )


def test_the_same_data_in_another_row_order_do_not_differ() -> None:
    write_run("one", "plain", 0.2, "x")
    write_run("two", "plain", 0.2, "x")
    rows = MIX["plain"][::-1]
    columns = zip(
        ("id", "caption_source", "candidate", "weight"),
        map(list, zip(*rows, strict=True)),
        strict=True,
    )
    write_table("two/data/mix/mix.parquet", pa.table(dict(columns)))
    lines = diff("one", "two").splitlines()
    assert (
        "0 added, 0 removed, 0 recaptioned, 0 reweighted, 3 shared (overlap 100.0 %, of "
        "visits 100.0 %)"
    ) in lines[0]
    assert lines[1] == "settings: 0 differ"


def test_what_cannot_be_diffed_is_one_clear_error() -> None:
    Path("empty").mkdir()
    with pytest.raises(UserError, match=r"empty has no training set \(data/mix/mix.parquet\)"):
        diff("empty", "workspace")
    with pytest.raises(UserError, match="nothing is no folder, commit or experiment"):
        diff("nothing", "workspace")


@pytest.fixture(scope="module")
def made_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in GIT.items():
            patch.setenv(name, value)
        write_repository()
    return folder


@pytest.fixture
def repository(made_repository: Path, tmp_path: Path) -> None:
    shutil.copytree(made_repository, tmp_path, dirs_exist_ok=True)


def test_experiments_commits_folders_and_the_workspace_are_found_and_compared(
    repository: None, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compare_runs(["main", "better", "workspace", "made/plain"], Path("page.html"))
    by_name = {
        row.other: row
        for row in found.differences
        if row.benchmark == "mmbench" and row.protocol == "likelihood"
    }
    assert by_name["better"].low > 0
    assert by_name["workspace"].difference == by_name["better"].difference
    assert by_name["made/plain"].difference == 0
    assert found.params == {"run": ["plain", "new", "new", "?"]}
    assert [(data.other, data.added, data.recaptioned) for data in found.data] == [
        ("better", 1, 1),
        ("workspace", 1, 1),
        ("made/plain", 0, 0),
    ]
    assert (
        compare_runs(["main", "made/new/items.parquet"]).differences[0].difference
        == by_name["better"].difference
    )
    assert compare_runs(["main"]).names == ["workspace", "main"]
    capsys.readouterr()
    assert "recaptioned b: 'the b', visited 2 times -> 'a new b' by tiny" in diff("main", "better")
    shutil.rmtree("results")
    assert (
        compare_runs(["main", "better"]).differences[0].difference == by_name["better"].difference
    )
    with pytest.raises(
        UserError,
        match=r"bettr is no .* \(did you mean better\?\); experiments here: better; or workspace",
    ):
        compare_runs(["main", "bettr"])
    with pytest.raises(UserError, match=r"workspace has no results/items\.parquet"):
        compare_runs(["main", "workspace"])


def test_a_score_leads_back_to_data_models_seeds_and_code_and_verifies(
    repository: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = yaml.safe_load(Path("dvc.lock").read_text())
    outputs = {out["path"]: out["md5"] for out in lock["stages"]["mix"]["outs"]}
    write_json(
        record_path("mix", outputs),
        {"cpu_seconds": 7.0, "machine": "Testix, 2 CPUs", "finished": "2026-11-23T00:00:00+00:00"},
    )
    found = read_json("results/score.json")
    lines = explain_score("mmbench").splitlines()
    assert lines[0].startswith(
        f"mmbench = {found['mmbench']} ({found['mmbench_low']} to {found['mmbench_high']}, "
        f"95 %), protocol likelihood"
    )
    text = "\n".join(lines)
    assert "(the plain run)" in text
    assert "seeds      0, 1, 2" in text
    assert (
        "Testix, 2 CPUs; last stage finished 2026-11-23T00:00:00+00:00 (1 of 2 stages recorded)"
        in text
    )
    assert "verified   9 of 9 hashes and settings hold" in text
    for name in ("main", "better"):
        text = explain_score(name=name)
        assert "verified   9 of 9 hashes and settings hold" in text
    assert "run on " in text
    assert str(json.loads(Path("made/new/score.json").read_text())["mmbench"]) in text
    Path("kept").mkdir()
    for path in ("results/score.json", "results/items.parquet", "params.yaml", "dvc.lock"):
        shutil.copy(path, "kept")
    text = explain_score(name="kept")
    assert "unknown: kept is a folder of results" in text
    assert "verified   7 of 7 hashes and settings hold" in text
    assert "not seen   made" in text
    with pytest.raises(
        UserError, match="has no number mmbnch; its numbers are: mmbench, mmbench_low"
    ):
        explain_score("mmbnch")


def test_what_does_not_verify_is_named(
    repository: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("results/score.json").write_text(Path("results/score.json").read_text() + " ")
    with pytest.raises(
        UserError,
        match=(
            r"score.json of workspace does not verify: results/score.json is not what score "
            r"wrote"
        ),
    ):
        explain_score()
    assert "verified   8 of 9" in capsys.readouterr().out
    Path("made/new/extra.txt").write_text("x")
    Path("params.yaml").write_text(yaml.safe_dump({"run": "new", "seeds": [0], "mix": {}}))
    with pytest.raises(
        UserError,
        match="made has changed since mix ran; score ran with another seeds than params.yaml has",
    ):
        explain_score()
    lock = yaml.safe_load(Path("dvc.lock").read_text())
    lock["stages"]["mix"]["outs"][0]["md5"] = "0" * 32
    Path("dvc.lock").write_text(yaml.safe_dump(lock))
    with pytest.raises(UserError, match=r"score read another data/mix than the stage before wrote"):
        explain_score()
    for md5 in Path(".dvc/cache/files/md5").rglob("*"):
        if md5.is_file() and not md5.name.endswith(".dir"):
            md5.chmod(0o644)
            md5.write_bytes(b"damaged")
    with pytest.raises(
        UserError,
        match=r"score.json of better does not verify: data/mix/mix.parquet is not what mix wrote",
    ):
        explain_score(name="better")
    with pytest.raises(
        UserError, match=r"results/items.parquet of main is damaged; run its stage again"
    ):
        compare_runs(["main", "better"])
    with pytest.raises(UserError, match=r"made/new has no dvc.lock with the stage score"):
        explain_score(name="made/new")


def test_explain_takes_a_sample_or_a_score(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["explain"], ["explain", "s1", "--score"]):
        monkeypatch.setattr("sys.argv", ["bettersynth", *arguments])
        with pytest.raises(SystemExit, match="error: explain needs a sample's id, or --score"):
            cli.main()
