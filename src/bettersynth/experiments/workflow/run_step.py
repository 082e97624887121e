"""What every program here starts with: a user's mistake is one line and exit code 1, and what a
stage took is recorded.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool

from bettersynth.data.files.processes import DEAD_WORKER
from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import record_cost
from bettersynth.experiments.workflow.planned_run import note_used_settings, require_planned
from bettersynth.experiments.workflow.shortage import shortage_in
from bettersynth.experiments.workflow.stage_inputs import (
    PARAMS,
    is_step,
    read_stage_inputs,
    require_unchanged,
)
from bettersynth.experiments.workflow.watched_files import SECTION, require_watched
from bettersynth.settings.reading import parse_yaml, release_params


def run_step(main: Callable[[], Mapping[str, float] | None]) -> None:
    """Run `main`; a `UserError`, a missing permission, or a lack of disk, memory or files ends the
    process with one line and exit code 1.

    What a stage took is recorded (`bettersynth costs`), with the `samples` and `tokens` that `main`
    may return.
    """
    show_any_letter()
    try:
        if {"-h", "--help"} & set(sys.argv[1:]) and is_step():
            # what a step takes on its command line stands there
            print(sys.modules["__main__"].__doc__)
        else:
            _run_stage(main)
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted: what was finished is kept; run the same command again to go on")
    except BrokenPipeError:
        # `| head` has read enough; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except BrokenProcessPool:
        sys.exit(f"error: {DEAD_WORKER}")
    # each library has its own error for a lack of memory or disk; what is none is raised again
    except Exception as error:
        line = shortage_in(error) or _word_of_the_disk(error)
        if line is None:
            raise
        _end_workers()
        sys.exit(f"error: {line}")


def _end_workers() -> None:
    """End the processes of a pool that could not start all of them: the first ones wait for ever,
    and Python waits for those.
    """
    for worker in multiprocessing.active_children():
        worker.kill()


def _word_of_the_disk(error: Exception) -> str | None:
    """Return what the system says of a file; None for a fault of the program."""
    # without a number it is none of the system's
    if not isinstance(error, OSError) or error.errno is None:
        return None
    return f"{error.strerror}: {error.filename}" if error.filename else error.strerror


def show_any_letter() -> None:
    """Let a letter that the terminal's encoding lacks be shown as `\\xfc`, not end the program.

    A stream that the caller closed (`2>&-`) takes whatever is said, and shows nothing.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run_stage(main: Callable[[], Mapping[str, float] | None]) -> None:
    """Run `main` and record its cost; a stage of DVC's fails if what it works from has changed.

    Raises:
        UserError: settings, code or data are not those that the stage, or its run, began with.
    """
    try:
        inputs = read_stage_inputs()
        if inputs is not None:
            require_planned(inputs)
            params = parse_yaml(inputs.params, str(PARAMS))
            if SECTION in params:
                require_watched(params)
        try:
            counts = main()
        except SystemExit as ended:
            # 0: a step that trained in processes of its own, the first of which recorded the cost
            if ended.code:
                raise
        else:
            with contextlib.suppress(OSError):
                record_cost(counts)
        # last of all; of what changes after this the next stage, or the rule, looks at dvc.lock
        if inputs is not None:
            require_unchanged(inputs)
            note_used_settings(inputs)
    finally:
        release_params()
