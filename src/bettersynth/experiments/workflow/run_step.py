"""What every program here starts with: a user's mistake is one line and exit code 1, and what a
stage took is recorded.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool

from bettersynth.data.files.processes import DEAD_WORKER
from bettersynth.errors import UserError
from bettersynth.experiments.history.costs import record_cost
from bettersynth.experiments.workflow.planned_run import note_used_settings, require_planned
from bettersynth.experiments.workflow.stage_inputs import (
    PARAMS,
    read_stage_inputs,
    require_unchanged,
)
from bettersynth.experiments.workflow.watched_files import SECTION, require_watched
from bettersynth.settings.reading import parse_yaml, release_params


def run_step(main: Callable[[], Mapping[str, int] | None]) -> None:
    """Run `main`; a `UserError`, a full disk or a missing permission ends the process with one line
    and exit code 1.

    What a stage took is recorded (`bettersynth costs`), with the `samples` and `tokens` that `main`
    may return.
    """
    show_any_letter()
    try:
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
    except MemoryError:
        sys.exit("error: out of memory; the machine, or a limit (ulimit -v), has no more of it")
    except OSError as error:
        # no word of the disk's: a fault of the program
        if error.errno is None:
            raise
        place = f": {error.filename}" if error.filename else ""
        sys.exit(f"error: {error.strerror}{place}")


def show_any_letter() -> None:
    """Let a letter that the terminal's encoding lacks be shown as `\\xfc`, not end the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run_stage(main: Callable[[], Mapping[str, int] | None]) -> None:
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
