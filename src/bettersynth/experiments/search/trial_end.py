"""What the end of a trial says: something of its settings, or only of the machine it ran on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.shortage import AGAIN, DISK

TOLD = "error: "
# DVC's word of a stage that a signal ended: by Python's number, or by a shell's
KILLED = re.compile(r"exited with (-\d+|130|137|143)\b")
# what a step says that Ctrl-C ended
INTERRUPTED = "interrupted: "


def failure_of(trial: str, code: int, words: Sequence[str], log: Path, record: str) -> str:
    """Return why the recipe of `trial` failed and how to try it again, in one line.

    `code` is the exit code of DVC's process, `words` are the last lines of its `log`; while the
    file `record` is there, the trial is not run again.

    Raises:
        UserError: it was killed or interrupted, or the machine had no room. That says nothing of
            the recipe, which a record would put aside for good.
    """
    if code < 0:
        raise UserError(f"the trial {trial} was killed (signal {-code}); {AGAIN}")
    for line in words:
        # a kill of all that belongs to a terminal ends the stage, and DVC goes on to say so
        if line.startswith(INTERRUPTED) or KILLED.search(line):
            raise UserError(
                f"the trial {trial} was killed or interrupted; {AGAIN} (killed each time: too "
                "little memory for so many trials at once; use fewer cores)"
            )
    told = [line for line in words if line.startswith(TOLD)]
    last = (told or words or [f"exit code {code}"])[-1].removeprefix(TOLD)
    if AGAIN in last or DISK.search(last):
        raise UserError(f"the trial {trial}: {last}")
    return f"{last} (all words: {log}; to try again: remove {record})"
