"""Trials in MLflow or W&B, for who watches there: settings, scores and cost, as DVC has them.

The DVC experiment stays the record. Both are asked where to write by their own variables, such as
MLFLOW_TRACKING_URI and WANDB_MODE=offline.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from pathlib import Path
from typing import Any

from bettersynth.data.files.addresses import without_login
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.experiments.search.outcomes import Outcome
from bettersynth.settings.regular_files import is_there
from bettersynth.settings.search import Tracker

PROJECT = "bettersynth"
LOCAL_STORE = "sqlite:///mlflow.db"
SCORED = "score"
# trials end in several threads, and W&B has one run at a time
_ONE_AT_A_TIME = threading.Lock()
# trackers that could not be reached: waiting for one again would hold up each trial that ends
_OUT_OF_REACH: set[Tracker] = set()


def require_tracker(tracker: Tracker | None, where: str) -> None:
    """Pass if the tracker of the file `where` is installed, or none is named.

    Raises:
        UserError: it is not.
    """
    if tracker and importlib.util.find_spec(tracker) is None:
        raise UserError(
            f"{where}: tracker is {tracker}, which is not installed; "
            f"`pip install 'bettersynth[{tracker}]'`, or leave the line out"
        )


def track(tracker: Tracker | None, study: str, outcome: Outcome) -> None:
    """Log a trial that ended, once, and again where it failed and was run anew; nothing without a
    tracker, or of a trial that scores nothing.

    A tracker that cannot be reached is told on standard error and ends no study. It is asked no
    more by this process: its trials are logged when the study is typed again.
    """
    if not tracker or outcome.trial.target != SCORED:
        return
    logged = scratch_folder("trials") / f"{outcome.trial.name}.{tracker}"
    log = _log_to_mlflow if tracker == "mlflow" else _log_to_wandb
    with _ONE_AT_A_TIME:
        if tracker in _OUT_OF_REACH or _words_of(logged) == outcome.failure:
            return
        try:
            log(study, outcome)
        except UserError:
            raise
        # databases and networks behind a tracker have exceptions of their own
        except Exception as error:
            _OUT_OF_REACH.add(tracker)
            later = "no further trial is logged there until the study is typed again"
            print(f"note: {tracker}: {trouble_of(error)}; {later}", file=sys.stderr, flush=True)
        else:
            with complete_or_absent(logged) as temporary:
                temporary.write_text(outcome.failure, encoding="utf-8")


def _words_of(logged: Path) -> str | None:
    """Return the failure that was logged, "" of a trial that finished; None of one never logged."""
    return logged.read_text(encoding="utf-8") if is_there(logged) else None


def trouble_of(error: Exception) -> str:
    """Return what went wrong in one line, without the password that an address may hold."""
    words = " ".join(str(error).split()) or type(error).__name__
    return without_login(words)


def settings_of(outcome: Outcome) -> dict[str, str]:
    """Return the trial's settings by dotted name, as its Hydra overrides write them."""
    settings = {}
    for word in outcome.trial.overrides:
        name, _, value = word.lstrip("+").partition("=")
        settings[name] = value
    return settings


def numbers_of(outcome: Outcome) -> dict[str, float]:
    """Return the numbers of the trial's score.json by their names there, and the trial's cost."""
    score: dict[str, Any] = {} if outcome.failure else outcome.score()
    numbers = {"cpu_seconds": outcome.cpu_seconds, "gpu_seconds": outcome.gpu_seconds}
    for name, value in score.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers[name] = float(value)
    return numbers


def _log_to_mlflow(study: str, outcome: Outcome) -> None:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # by default seven, with longer and longer waits: four minutes where nobody answers
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI", LOCAL_STORE))
    experiment = client.get_experiment_by_name(study)
    of_study = experiment.experiment_id if experiment else client.create_experiment(study)
    name = outcome.trial.name
    # a study that was killed before the trial counted as logged
    known = client.search_runs([of_study], filter_string=f"attributes.run_name = '{name}'")
    run = (known[0] if known else client.create_run(of_study, run_name=name)).info
    # a known one may have failed before
    client.set_tag(run.run_id, "failure", outcome.failure)
    numbers = numbers_of(outcome).items()
    metrics = [Metric(name, value, run.start_time, step=0) for name, value in numbers]
    params = [Param(name, value) for name, value in settings_of(outcome).items()]
    client.log_batch(run.run_id, metrics=metrics, params=params)
    client.set_terminated(run.run_id, "FAILED" if outcome.failure else "FINISHED")


def _log_to_wandb(study: str, outcome: Outcome) -> None:
    import wandb

    run = wandb.init(
        project=PROJECT,
        group=study,
        id=outcome.trial.name,
        name=outcome.trial.name,
        # a study that was killed before the trial counted as logged
        resume="allow",
        settings=_wandb_settings(),
    )
    # one that failed before holds another value
    config = settings_of(outcome) | {"failure": outcome.failure}
    run.config.update(config, allow_val_change=True)
    run.log(numbers_of(outcome))
    run.finish(exit_code=1 if outcome.failure else 0)
    # W&B's own process keeps the last rows to itself until it ends, and a kill would lose them
    wandb.teardown()


def _wandb_settings() -> Any:
    """Return the settings of a run that is over: nothing of this process or machine goes with it.

    Else W&B takes hold of what this process prints, and sends its code and memory.
    """
    from wandb import Settings

    return Settings(
        silent=True,
        console="off",
        disable_code=True,
        disable_git=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_disable_machine_info=True,
    )
