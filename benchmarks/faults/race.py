"""Whether `dvc exp run -S` beside a running Snakemake leaves a record of settings not used.

    python benchmarks/faults/race.py --folder /tmp/race --races 10

In a clone of the tiny experiment Snakemake makes the training set of stage 1 anew under one
setting; after a random time `dvc exp run -S` begins in the same folder with another. When both have
ended, each record (of dvc.lock and DVC's run cache: settings and files read, files written) must be
one that a run which nobody disturbed has made too, and the bytes in the folder those of dvc.lock.
Then the first command again must end with what its settings give.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from kills import ended_within, start
from tiny_clone import SETTINGS, finished_clone, require

from bettersynth.experiments.history.dvc_hashes import dvc_md5

# The captioner and what follows from it up to the training set: half a minute of work
SETTING = "captioner.updates"
VALUES = (21, 22, 23)
TARGET = ("snakemake", "--cores", "all", "data/mix/mix.parquet")
STAGE = "mix"
RUN_CACHE = ".dvc/cache/runs"
# what was written, by what was run, under which settings, from what
Records = dict[str, str]


def compose(clone: Path, value: int) -> None:
    """Choose the tiny experiment with one value of the setting."""
    words = [*SETTINGS, f"{SETTING}={value}"]
    require([sys.executable, "-m", "bettersynth.cli", "compose", *words], clone)


def exp_run(value: int) -> list[str]:
    """Return the command that runs the experiment with one value of the setting."""
    words = [word for setting in SETTINGS for word in ("-S", setting)]
    return ["dvc", "exp", "run", *words, "-S", f"{SETTING}={value}", STAGE]


def records(clone: Path) -> Records:
    """Return every record of dvc.lock and of DVC's run cache."""
    entries = list(yaml.safe_load((clone / "dvc.lock").read_bytes())["stages"].values())
    for file in (clone / RUN_CACHE).glob("*/*/*"):
        entries.append(yaml.safe_load(file.read_bytes()))
    return dict(map(record, entries))


def record(entry: dict[str, Any]) -> tuple[str, str]:
    """Return one stage's record: what it was made of, and what was made."""
    deps = {dep["path"]: dep["md5"] for dep in entry.get("deps", [])}
    outs = {out["path"]: out["md5"] for out in entry.get("outs", [])}
    made_of = [entry["cmd"], deps, entry.get("params", {}), sorted(outs)]
    return json.dumps(made_of, sort_keys=True), json.dumps(outs, sort_keys=True)


def wrong_records(clone: Path, undisturbed: Records) -> Iterator[str]:
    """Yield a line for each record that no undisturbed run has made."""
    for made_of, outs in records(clone).items():
        if made_of not in undisturbed:
            command, _, params, _ = json.loads(made_of)
            yield f"a record of what no run did: {command} {params}"
        elif undisturbed[made_of] != outs:
            yield f"other bytes than those settings give: {json.loads(made_of)[0]} {outs}"


def other_bytes(clone: Path) -> Iterator[str]:
    """Yield the files of stages whose bytes are not those that dvc.lock has."""
    for name, stage in yaml.safe_load((clone / "dvc.lock").read_bytes())["stages"].items():
        for out in stage["outs"]:
            path = clone / out["path"]
            if path.is_file() and dvc_md5(path) != out["md5"]:
                yield f"{out['path']}: not what dvc.lock has of {name}"


def race(clone: Path, values: tuple[int, int], seconds: float) -> list[str]:
    """Let the two commands run into each other; return what is wrong in their words and codes."""
    first, second = values
    compose(clone, first)
    # otherwise DVC would take an earlier race's outputs from there, and nothing would run
    shutil.rmtree(clone / RUN_CACHE, ignore_errors=True)
    log, other_log = clone.with_suffix(".log"), clone.with_suffix(".exp.log")
    said = [path.stat().st_size if path.exists() else 0 for path in (log, other_log)]
    snakemake = start(TARGET, clone, log)
    ended_within(snakemake, seconds)
    beside = snakemake.poll() is None
    experiment = start(exp_run(second), clone, other_log)
    codes = snakemake.wait(), experiment.wait()
    when = "beside each other" if beside else "one after the other"
    print(f"  {when}: snakemake ended with {codes[0]}, dvc exp run with {codes[1]}", flush=True)
    faults = []
    for path, before in zip((log, other_log), said, strict=True):
        if b"Traceback" in path.read_bytes()[before:]:
            faults.append(f"a traceback in {path.name}")
    return faults


def undisturbed_records(clone: Path) -> Records:
    """Run each value alone, and return all records."""
    made = records(clone)
    for value in VALUES:
        compose(clone, value)
        require(TARGET, clone)
        made |= records(clone)
    return made


def main() -> None:
    """Race as often as the command line says, and print what was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="where clones are made")
    parser.add_argument("--races", type=int, default=10)
    parser.add_argument("--longest", type=float, default=40, help="seconds between the two starts")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    folder = arguments.folder.resolve()
    finished = finished_clone(folder / "undisturbed")
    clone = folder / "race"
    for copy in (folder / "alone", clone):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(finished, copy, symlinks=True)
    undisturbed = undisturbed_records(folder / "alone")
    wrong = 0
    for number in range(arguments.races):
        values = tuple(random.sample(VALUES, 2))
        seconds = random.uniform(0, arguments.longest)
        print(f"race {number + 1}: {values}, the second after {seconds:.1f} s", flush=True)
        faults = race(clone, values, seconds)
        faults += wrong_records(clone, undisturbed)
        compose(clone, values[0])
        require(TARGET, clone)
        faults += wrong_records(clone, undisturbed)
        faults += other_bytes(clone)
        wrong += bool(faults)
        for fault in faults:
            print(f"  {fault}", flush=True)
    print(f"{arguments.races} races, {wrong} with something wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
