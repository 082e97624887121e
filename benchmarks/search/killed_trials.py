"""Is anything lost, or run twice, when what runs a search's trials is killed again and again?

    PYTHONPATH=src python benchmarks/search/killed_trials.py --trials 200 --kills 10 --workers 2

In a clone whose default run is finished. Each trial is a DVC experiment with a threshold of its own
that ends with the stage `filter`, some 12 CPU seconds of which DVC takes nearly all. A program runs
them as a search does; it is killed with all that it started (SIGKILL), `kills` times at moments
drawn from `--seed`, and typed again each time. Then all is counted: experiments in git, their
thresholds, the filter's runs by the logs. Who types this again with the same numbers finds all
trials done.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import random
import subprocess
import sys
import time
from collections.abc import Sequence

import psutil

from bettersynth.errors import UserError
from bettersynth.experiments.console.stage_log import EXPERIMENT_LOGS
from bettersynth.experiments.search.outcomes import known_outcome
from bettersynth.experiments.search.trial_settings import Trial, make_trial
from bettersynth.experiments.search.trials import run_trials
from bettersynth.experiments.workflow.place import require_place_for_experiments
from bettersynth.experiments.workflow.revisions import experiment_references, read_at_revision
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.settings.reading import parse_yaml

TARGET = "filter"
# of the similarity that the default's filter asks for
LOWEST, HIGHEST = 0.15, 0.35
BEGAN = f"Running stage '{TARGET}'"
KEPT = "Ran experiment(s): "
# trials whose settings are composed at once, as a search asks for some at a time
BATCH = 8


@dataclasses.dataclass
class Runs:
    """How often the filter began, and DVC said that it kept an experiment, by the trials' logs."""

    began: int = 0
    kept: int = 0

    def take(self, trials: Sequence[Trial]) -> None:
        """Count what the logs of these trials say, and empty them: each word counts once."""
        for trial in trials:
            log = EXPERIMENT_LOGS / f"{trial.name}.log"
            words = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
            self.began += words.count(BEGAN)
            self.kept += words.count(KEPT)
            if words:
                log.write_text("")


def trials_of(number: int) -> list[Trial]:
    """Return `number` trials, each with a threshold of its own."""
    return [trial_of(index, number) for index in range(number)]


def trial_of(index: int, number: int) -> Trial:
    """Return the trial `index` of `number`."""
    threshold = LOWEST + (HIGHEST - LOWEST) * index / number
    label = f"killed-{number}-{index:03d}"
    return make_trial(label, [f"filter.threshold={threshold:.6f}"], target=TARGET)


def run_all(number: int, workers: int) -> None:
    """Run what is not done, as a search does.

    Raises:
        UserError: a trial failed.
    """
    shared = make_trial(f"killed-{number}-shared", [], target=TARGET)
    run_trials([shared])
    for first in range(0, number, BATCH):
        batch = [trial_of(index, number) for index in range(first, min(first + BATCH, number))]
        for outcome in run_trials(batch, workers, shared=shared):
            if outcome.failure:
                raise UserError(f"{outcome.trial.name}: {outcome.failure}")


def killed_and_typed_again(
    command: Sequence[str], trials: Sequence[Trial], kills: int, seed: int, longest: float
) -> None:
    """Run what runs the trials, killed `kills` times after 1 to `longest` seconds each.

    Raises:
        UserError: it ended before the last kill, or not with 0.
    """
    moments = random.Random(seed)
    started = time.monotonic()
    runs = Runs()
    for kill in range(kills):
        process = subprocess.Popen(command)
        wait = moments.uniform(1, longest)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
            raise UserError(f"all ended before kill {kill + 1}; more trials, or fewer kills")
        dead = _kill_all(process.pid)
        process.wait()
        # a trial that runs again empties its log
        runs.take(trials)
        print(f"kill {kill + 1} after {wait:.1f} s: {dead} processes", file=sys.stderr)
    code = subprocess.run(command).returncode
    runs.take(trials)
    took = time.monotonic() - started
    print(f"{len(trials)} trials, {kills} kills: {took:.0f} s")
    print(f"the filter began       {runs.began} times")
    print(f"DVC kept an experiment {runs.kept} times")
    if code:
        raise UserError(f"it ended with {code}; its words stand above")


def _kill_all(pid: int) -> int:
    """Kill a process and all that it started at once; return how many they were."""
    parent = psutil.Process(pid)
    everyone = [parent, *parent.children(recursive=True)]
    for process in everyone:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return len(everyone)


def print_kept(trials: Sequence[Trial]) -> None:
    """Print how many trials are experiments, and how many of these have another's threshold."""
    references = experiment_references()
    kept = [trial for trial in trials if trial.name in references]
    wrong = 0
    for trial in kept:
        stored = parse_yaml(read_at_revision(trial.name, "params.yaml"), trial.name)
        wrong += stored["filter"]["threshold"] != trial.params["filter"]["threshold"]
    print(f"experiments in git     {len(kept)} of {len(trials)}")
    print(f"with another threshold {wrong}")


def main() -> None:
    """Run, kill, count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--longest", type=float, default=120, help="seconds until a kill, at most")
    parser.add_argument("--run", action="store_true", help="what is killed: the trials alone")
    arguments = parser.parse_args()
    require_place_for_experiments()
    if arguments.run:
        run_all(arguments.trials, arguments.workers)
        return
    trials = trials_of(arguments.trials)
    if all(known_outcome(trial) for trial in trials):
        print("all trials are done; nothing is killed")
    else:
        command = [sys.executable, __file__, "--run", f"--trials={arguments.trials}"]
        command.append(f"--workers={arguments.workers}")
        moments = (arguments.kills, arguments.seed, arguments.longest)
        killed_and_typed_again(command, trials, *moments)
    print_kept(trials)


if __name__ == "__main__":
    run_step(main)
