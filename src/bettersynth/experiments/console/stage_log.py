"""The log files of stages and experiments, and sending all words of a process into one."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

STAGE_LOGS = Path(".snakemake/log/stages")
EXPERIMENT_LOGS = Path(".snakemake/log/experiments")
# lines of a failed stage that are shown
LAST_LINES = 40
BAR = re.compile(r"(?P<what>.*?): +(?P<percent>\d+)%\|.*\| *(?P<counts>\S+) \[(?P<times>[^\],]*)")
"""A state of a progress bar as tqdm writes it."""
# What DVC says at each stage, whatever becomes of it
CHATTER = re.compile(
    r"\s*$|Running stage '|> |(Generating|Updating) lock file|Use `dvc push`"
    r"|To (track the changes|enable auto staging)|\s+(git add|dvc config) |Having any troubles\?"
)


def stage_log(stage: str) -> Path:
    """Return the log file of a stage, empty, in a folder that is there."""
    return _emptied(STAGE_LOGS / f"{stage}.log")


def experiment_log(name: str) -> Path:
    """Return the log file of an experiment of conf/, empty, in a folder that is there."""
    return _emptied(EXPERIMENT_LOGS / f"{name}.log")


def _emptied(log: Path) -> Path:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    return log


@contextlib.contextmanager
def words_in(log: Path) -> Iterator[TextIO]:
    """Let all that this process and its children say go to the end of `log`; yield what leads to
    where standard error led before.

    A file and no pipe: a child goes on when this process is killed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(1), os.dup(2)
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    try:
        with open(os.dup(before[1]), "w", errors="backslashreplace") as terminal:
            yield terminal
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, kept in enumerate(before, start=1):
            os.dup2(kept, number)
            os.close(kept)


def last_words(log: Path) -> list[str]:
    """Return the last lines of a log, without bars and without what DVC says at each stage."""
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in re.split(r"[\r\n]+", text) if _is_said(line)]
    return lines[-LAST_LINES:]


def _is_said(line: str) -> bool:
    return not CHATTER.match(line) and not BAR.match(line)
