"""An experiment is found by its name and run in a copy of the tree."""

import os
import subprocess
from pathlib import Path

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.experiments.workflow.experiment import (
    RESULTS,
    composed_params,
    dvc_name,
    experiment_names,
    experiments_among,
    own_inputs,
    require_asked_experiments,
    run_experiment,
)
from bettersynth.experiments.workflow.revisions import read_at_revision
from bettersynth.settings.reading import load_params

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("conf", "dvc.yaml", "workflow"):
        Path(name).symlink_to(ROOT / name)


def test_experiments_are_told_from_snakemakes_targets():
    targets = ["results/tiny/score.json", "results/score.json", "--cores", "results/nosuch/x.json"]
    assert experiments_among(targets) == ["tiny"]
    nested = "results/published/words_num/score.json"
    assert experiments_among([nested]) == ["published/words_num"]
    assert {"tiny", "similarity", "mgm_2b"} <= set(experiment_names())


def test_an_experiment_that_snakemake_is_asked_for_and_is_not_there_is_told_with_the_nearest():
    there = ["results/tiny/score.json", "results/score.json", "results/published/report.html"]
    require_asked_experiments([*there, "--cores", "results/pretrain/0.tsv"])
    with pytest.raises(UserError, match=r"similarty.yaml does not exist \(did you mean similarity"):
        require_asked_experiments([*there, "results/similarty/report.html"])


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (
            "results/pools/tny/report.html",
            r"pools/tny\.yaml does not exist \(did you mean tiny",
        ),
        (
            "results/search/tny/best.json",
            r"search/tny\.yaml does not exist \(did you mean tiny",
        ),
    ],
)
def test_a_misspelt_study_is_told_before_snakemake_misses_a_file(target, told):
    require_asked_experiments([target.replace("tny", "tiny")])
    with pytest.raises(UserError, match=told):
        require_asked_experiments([target])


def test_the_page_of_the_twins_asks_for_every_published_row_on_nano():
    twins = experiments_among(["results/published/report.html"])
    rows = [name for name in experiment_names() if name.startswith("published/")]
    rows = [name.removeprefix("published/") for name in rows if name not in twins]
    assert twins == [f"published/nano/{row}" for row in rows]


def test_dvc_gets_a_name_without_folders():
    assert "published/words_num" in experiment_names()
    assert dvc_name("published/words_num") == "published-words_num"
    assert dvc_name("tiny") == "tiny"


def test_the_parameters_are_the_experiments_or_those_of_params_yaml():
    Path("params.yaml").write_text("seeds: [5]\n")
    assert composed_params(None) == load_params() == {"seeds": [5]}
    assert composed_params("tiny")["seeds"] == [0, 1]


def test_an_experiment_that_is_not_there_is_one_line_with_those_that_are():
    with pytest.raises(UserError, match=r"nosuch.yaml does not exist; experiments: clean"):
        run_experiment("nosuch")


def test_a_users_own_pairs_are_named_by_whole_paths(tmp_path):
    Path("pairs.jsonl").write_text("")
    Path("pictures").mkdir()
    source = {"name": "jsonl", "file": "pairs.jsonl", "images": "pictures"}
    watched = {"source": {"images": "pictures"}, "mix": {"questions": "x"}}
    found = own_inputs({"challenge": "challenge", "source": source, "watched": watched})
    whole = {"source.file": tmp_path / "pairs.jsonl", "source.images": tmp_path / "pictures"}
    assert found == whole
    whole_path = source | {"file": str(tmp_path / "pairs.jsonl")}
    assert own_inputs({"source": whole_path, "watched": watched}).keys() == {"source.images"}
    mix = {"questions": "pairs.jsonl"}
    assert own_inputs({"mix": mix, "watched": watched}).keys() == {"mix.questions"}


def test_each_file_of_text_is_told_by_its_place_in_the_list(tmp_path):
    Path("corpus.csv").touch()
    text = {"language_model": "models/nano-decoder", "train_files": ["no.csv", "corpus.csv"]}
    watched = {"pretrain_lm": {"text": {"file_1": "no.csv"}}}
    found = own_inputs({"pretrain_lm": {"text": text}, "watched": watched})
    assert found == {"pretrain_lm.text.train_files.1": tmp_path / "corpus.csv"}
    overrides = ["pretrain_lm=text", "pretrain_lm.text.train_files=[no.csv,corpus.csv]"]
    (setting, path), *_ = found.items()
    params = composed([*overrides, f"{setting}={path}"])
    assert params["pretrain_lm"]["text"]["train_files"] == ["no.csv", str(path)]


def test_what_git_knows_and_what_a_stage_makes_is_in_the_copy_anyway():
    Path("data").mkdir()
    Path("mine.json").write_text("{}")
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(["git", "add", "mine.json"], check=True)
    for path in ("mine.json", "data"):
        watched = {"finetune": {"deepspeed": path}}
        assert own_inputs({"finetune": {"deepspeed": path}, "watched": watched}) == {}


def test_a_stats_model_is_found_from_a_copy_of_the_tree_unless_a_stage_makes_it(tmp_path):
    for folder in ("models/probe", "models/captioner", "nano", "results/first"):
        Path(folder).mkdir(parents=True)
    stats = {"quality": {"operator": "text_quality_filter", "model": "models/probe"}}
    stats["similarity"] = {"hf_clip": "nano", "reduce_mode": "avg"}
    stats["matching"] = {"hf_blip": "models/captioner"}
    assert own_inputs({"stats": stats}) == {"stats.quality.model": tmp_path / "models/probe"}
    # an experiment's results are no stage's, and not in the copy
    params = {"score": {"baseline": "results/first"}, "watched": {"score": {"baseline": "x"}}}
    assert own_inputs(params) == {"score.baseline": tmp_path / "results/first"}


@pytest.fixture
def _nothing_required(monkeypatch):
    for name in ("require_files", "require_place_for_experiments"):
        monkeypatch.setattr(f"bettersynth.experiments.workflow.experiment.{name}", lambda *_: None)


@pytest.mark.usefixtures("_nothing_required")
def test_an_experiment_in_a_copy_of_the_tree_is_told_where_the_challenges_files_are(
    tmp_path, monkeypatch
):
    commands = []
    monkeypatch.setattr(
        "subprocess.run",
        lambda command, **_: commands.append(command) or subprocess.CompletedProcess(command, 1),
    )
    for exists in (False, True):
        if exists:
            (tmp_path / "challenge").mkdir()
        with pytest.raises(UserError, match="mgm_2b did not finish"):
            run_experiment("mgm_2b")
        assert (f"challenge={tmp_path / 'challenge'}" in commands[-1]) == exists
        assert "experiment=mgm_2b" in commands[-1]


def git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], check=True, text=True, capture_output=True)
    return done.stdout.split()


# `dvc --wait-for-lock exp run --temp --name NAME ...`: fails, is killed before its end, or ends
DVC = """#!/bin/sh
echo dvc runs as "$6"
if [ "$MADE" = "" ]; then exit 1; fi
for path in RESULTS; do echo "$MADE" > "there/$path"; done
git -C there add --all
git -C there -c user.name=n -c user.email=e commit --quiet --message "$MADE"
git fetch --quiet there "HEAD:refs/exps/ab/$BESIDE/$6"
if [ "$MADE" = killed ]; then exit 1; fi
"""


@pytest.mark.usefixtures("_nothing_required")
def test_an_experiment_that_fails_or_is_killed_leaves_the_earlier_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    Path("bin").mkdir()
    Path("bin/dvc").write_text(DVC.replace("RESULTS", " ".join(RESULTS)))
    Path("bin/dvc").chmod(0o755)
    for result in RESULTS:
        Path("there", result).parent.mkdir(parents=True, exist_ok=True)
    git("init", "--quiet")
    git("init", "--quiet", "there")

    def run(made, beside="one"):
        """Return the experiment's score, and how many of any name there are."""
        monkeypatch.setenv("MADE", made)
        monkeypatch.setenv("BESIDE", beside)
        if made in ("", "killed"):
            with pytest.raises(UserError, match="published/words_num did not finish"):
                run_experiment("published/words_num")
        else:
            run_experiment("published/words_num")
        score = read_at_revision("published-words_num", "results/score.json").decode()
        assert Path("results/published/words_num/score.json").read_text() == score
        return score, len(git("for-each-ref", "refs/exps", "--format=%(refname)"))

    assert run("first") == ("first\n", 1)
    assert run("") == ("first\n", 1)
    # before it was renamed
    assert run("killed") == ("first\n", 2)
    assert run("second") == ("second\n", 1)
    # another commit of the user's
    assert run("", beside="two") == ("second\n", 1)
    assert run("third", beside="two") == ("third\n", 1)
    assert git("for-each-ref", "refs/exps", "--format=%(refname)") == [
        "refs/exps/ab/two/published-words_num"
    ]
    lock = Path(".git/refs/exps/ab/two/published-words_num.lock")
    lock.touch()
    with pytest.raises(UserError, match=r"Unable to create .* run the same command again"):
        run("fourth", beside="two")
    lock.unlink()
    assert run("fifth", beside="two") == ("fifth\n", 1)
