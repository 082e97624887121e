"""Data-Juicer's own recipes, run by Data-Juicer and by bettersynth: do the same rows stay?

    PYTHONPATH=src python benchmarks/recipes_against_data_juicer.py PEER REPOSITORY DATA.jsonl \
        --words WORDS --languages lid.176.ftz --pythonpath FASTTEXT

PEER is a virtual environment with py-data-juicer 1.6.1, REPOSITORY a checkout of Data-Juicer's
repository, DATA.jsonl samples in its form, WORDS a folder with lists of flagged and stop words,
FASTTEXT a folder with the package fasttext. All recipes whose operators we have run on DATA, and
then each of their lines alone, since a recipe for web pages leaves few captions to compare. Lines
whose model is a download are left out on both sides.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bettersynth.errors import UserError
from bettersynth.operators import OLDER_NAMES, operator_names
from bettersynth.recipes.engine.run import run_recipe

# their models are downloads
NEED_MODELS = """
    perplexity_filter token_num_filter image_text_similarity_filter image_text_matching_filter
    text_action_filter text_entity_dependency_filter image_aesthetics_filter image_nsfw_filter
    image_watermark_filter phrase_grounding_recall_filter nlpaug_en_mapper nlpcda_zh_mapper
"""
LEFT_OUT = frozenset(NEED_MODELS.split())
WORD_LISTS = {
    "flagged_words_filter": "flagged_words_dir",
    "stopwords_filter": "stopwords_dir",
}
# one process for all recipes: Data-Juicer takes ten seconds to import
DRIVER = """
import json, sys
import numpy

class Numpy:
    # fasttext asks for no copy, which numpy 2 refuses where one must be made
    array = staticmethod(lambda values, copy=None: numpy.asarray(values))

try:
    import fasttext
    fasttext.FastText.np = Numpy
except ImportError:
    pass
from data_juicer.config import init_configs
from data_juicer.core import DefaultExecutor

faults = {}
for recipe in sys.argv[2:]:
    try:
        DefaultExecutor(init_configs(["--config", recipe])).run()
    except (Exception, SystemExit) as error:
        faults[recipe] = f"{type(error).__name__}: {error}"
with open(sys.argv[1], "w") as stream:
    json.dump(faults, stream)
"""
TOOLS = ("data_juicer", "default", "compat")
# (id, text) of each row, in order; or what went wrong
Rows = list[tuple[str, str]] | str


@dataclass(frozen=True)
class Job:
    """Operators that both run under a name; `changes` says what the recipe has otherwise."""

    name: str
    process: list[dict[str, Any]]
    changes: str = ""


def lines_of(recipe: Any) -> list[dict[str, Any]]:
    """Return the lines of a recipe as `{operator: settings}`; none if it is no recipe of ours."""
    process = recipe.get("process") if isinstance(recipe, dict) else None
    lines = []
    known = {*operator_names(), *OLDER_NAMES}
    for entry in process if isinstance(process, list) else []:
        ((name, settings),) = entry.items() if isinstance(entry, dict) else ((entry, None),)
        if name not in known:
            return []
        lines.append({name: settings or {}})
    return lines


def job_of(name: str, lines: list[dict[str, Any]], words: Path) -> Job:
    """Return what can run of a recipe without a download."""
    kept = []
    left_out = []
    untokenized = 0
    for line in lines:
        ((operator, settings),) = line.items()
        settings = dict(settings)
        tokenized = settings.get("tokenization") is True
        # letters a token, another value than letters a character
        counts_tokens = operator == "alphanumeric_filter" and tokenized
        ranks_missing = left_out and "__dj__stats__" in str(settings.get("field_key"))
        if operator in LEFT_OUT or counts_tokens or ranks_missing:
            left_out.append(operator)
            continue
        if operator in WORD_LISTS:
            settings[WORD_LISTS[operator]] = str(words)
        if tokenized:
            settings["tokenization"] = False
            untokenized += 1
        kept.append({operator: settings})
    changes = [f"without {', '.join(left_out)}"] if left_out else []
    if untokenized:
        changes.append(f"{untokenized} without tokenization")
    return Job(name, kept, "; ".join(changes))


def read_jobs(repository: Path, words: Path) -> list[Job]:
    """Return a job for each different recipe of the repository."""
    jobs: dict[str, Job] = {}
    for file in sorted(repository.rglob("*.y*ml")):
        try:
            recipe = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError:
            continue
        job = job_of(str(file.relative_to(repository)), lines_of(recipe), words)
        if job.process:
            # several recipes say the same
            jobs.setdefault(json.dumps(job.process, sort_keys=True), job)
    return list(jobs.values())


def line_jobs(jobs: list[Job]) -> list[Job]:
    """Return a job for each different line of the jobs."""
    lines: dict[str, Job] = {}
    for job in jobs:
        for line in job.process:
            shown = json.dumps(line, sort_keys=True)
            lines.setdefault(shown, Job(shown, [line]))
    return list(lines.values())


class Runs:
    """Runs of jobs in a folder: `WORK/TOOL/NUMBER/res.jsonl`."""

    def __init__(self, arguments: argparse.Namespace, work: Path):
        self.peer = arguments.peer.absolute()
        self.data = arguments.data.resolve()
        self.pythonpath = arguments.pythonpath
        self.work = work
        models = work / "cache/models"
        models.mkdir(parents=True)
        if arguments.languages:
            # Data-Juicer asks for the large model by name; both take the small one
            shutil.copy(arguments.languages, models / "lid.176.bin")

    def recipe(self, tool: str, number: int, job: Job) -> Path:
        """Write a job as the recipe of one tool."""
        folder = self.work / tool / str(number)
        folder.mkdir(parents=True)
        values: dict[str, Any] = {
            "project_name": "recipes",
            "dataset_path": str(self.data),
            "export_path": str(folder / "res.jsonl"),
            "np": 1,
            "use_cache": False,
            "open_tracer": False,
            "process": job.process,
        }
        if tool == "compat":
            values["compat"] = "data_juicer"
        path = folder / "recipe.yaml"
        path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        return path

    def run_peer(self, jobs: list[Job]) -> list[Rows]:
        """Run all jobs with Data-Juicer."""
        recipes = [self.recipe("data_juicer", number, job) for number, job in enumerate(jobs)]
        faults_file = self.work / "faults.json"
        environment = {
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "HF_HOME": str(self.work / "hf"),
            "DATA_JUICER_CACHE_HOME": str(self.work / "cache"),
            "PYTHONPATH": self.pythonpath,
        }
        command = [
            str(self.peer / "bin/python"),
            "-c",
            DRIVER,
            str(faults_file),
            *map(str, recipes),
        ]
        with open(self.work / "data_juicer.log", "wb") as log:
            subprocess.run(command, env=environment, stdout=log, stderr=log, check=True)
        faults = json.loads(faults_file.read_text())
        return [faults.get(str(recipe)) or rows_of(recipe) for recipe in recipes]

    def run_ours(self, tool: str, jobs: list[Job]) -> Iterator[Rows]:
        """Run all jobs with bettersynth; `tool` is default or compat."""
        for number, job in enumerate(jobs):
            recipe = self.recipe(tool, number, job)
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    run_recipe(recipe)
                yield rows_of(recipe)
            except UserError as error:
                yield str(error)


def rows_of(recipe: Path) -> Rows:
    """Return the rows that a recipe exported."""
    rows = []
    export = recipe.parent / "res.jsonl"
    if not export.is_file():
        return "nothing was exported"
    for line in export.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows.append((str(row["id"]), str(row["text"])))
    return rows


def shown(rows: Rows) -> str:
    """Return how many rows there are, or what went wrong."""
    return rows[:60] if isinstance(rows, str) else f"{len(rows):,}"


def verdict(there: Rows, here: Rows) -> str:
    """Return whether both kept the same rows with the same texts, in the same order."""
    if there == here:
        return "same"
    if isinstance(there, str) or isinstance(here, str):
        return "cannot be compared"
    only_there = len(set(there) - set(here))
    only_here = len(set(here) - set(there))
    return f"{only_there} only there, {only_here} only here" if only_there + only_here else "order"


def main() -> None:
    """Run each recipe with both tools and compare the rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("peer", type=Path)
    parser.add_argument("repository", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--languages", type=Path, help="a fastText model of languages")
    parser.add_argument("--pythonpath", default="", help="what Data-Juicer's process needs")
    parser.add_argument("--lines", action="store_true", help="each line alone, not the recipes")
    parser.add_argument("--part", default="0/1", help="such as 2/5: the third of five parts")
    arguments = parser.parse_args()
    jobs = read_jobs(arguments.repository, arguments.words.resolve())
    if arguments.lines:
        jobs = line_jobs(jobs)
    part, parts = map(int, arguments.part.split("/"))
    jobs = jobs[part::parts]
    with tempfile.TemporaryDirectory() as name:
        runs = Runs(arguments, Path(name))
        there = runs.run_peer(jobs)
        default = list(runs.run_ours("default", jobs))
        compat = list(runs.run_ours("compat", jobs))
    print("| recipe | lines | changed | rows there | rows here | default | compat |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for job, *results in zip(jobs, there, default, compat, strict=True):
        theirs, ours, ours_compat = results
        counts = f"{shown(theirs)} | {shown(ours)}"
        same = f"{verdict(theirs, ours)} | {verdict(theirs, ours_compat)}"
        print(f"| {job.name} | {len(job.process)} | {job.changes} | {counts} | {same} |")


if __name__ == "__main__":
    main()
