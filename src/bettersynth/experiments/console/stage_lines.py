"""A line for each stage that ended and a bar for the one that runs, read from the growing log of
DVC.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from bettersynth.experiments.console.stage_log import BAR
from bettersynth.experiments.history.costs import samples_since
from bettersynth.settings.reading import load_params

# seconds between two looks at the log
INTERVAL = 0.2
# columns of a line where no terminal says how many fit
COLUMNS = 110
NAME_COLUMNS = 36
# ` 1,234.5 s   12,345 samples`
NUMBER_COLUMNS = 28
BAR_COLUMNS = 20
ONE_BAR = Path(".snakemake/log/bar")
BEGINS = re.compile(r"Running stage '(.+)':")
FROM_CACHE = re.compile(r"Stage '(.+)' is cached - skipping run")
WARNING = re.compile(r"(?:warning|note): ", re.IGNORECASE)
# DVC's words for each output of a clone in which nothing has run yet
NOT_MADE_YET = re.compile(r"WARNING: No file hash info found for '.+'\. It won't be created\.")


class StageLines:
    """Follows what DVC and the stages that it runs say, and shows it on `terminal`, short."""

    def __init__(self, terminal: TextIO) -> None:
        self.terminal = terminal
        self.descriptions = stage_descriptions()
        self.stage = ""
        self.began = time.time()
        # the line that is not ended yet: a bar comes so
        self.rest = ""
        self.bar = ""
        self.lock: TextIO | None = None

    def read(self, text: str) -> None:
        """Take what was added to the log."""
        *lines, self.rest = re.split(r"[\r\n]", self.rest + text)
        for line in lines:
            self._read_line(line)
        self._read_bar(self.rest)

    def _read_line(self, line: str) -> None:
        if begins := BEGINS.match(line):
            self.end()
            self.stage = begins[1]
            self.began = time.time()
        elif cached := FROM_CACHE.match(line):
            self.end()
            self._print(self._line(cached[1], "from DVC's cache"))
        elif WARNING.match(line) and not NOT_MADE_YET.match(line):
            # before the first stage the settings are checked
            self._print(f"{self.stage}: {line}" if self.stage else line)
        else:
            self._read_bar(line)

    def _read_bar(self, line: str) -> None:
        if state := BAR.match(line):
            full = int(state["percent"]) * BAR_COLUMNS // 100
            drawn = "#" * full + "." * (BAR_COLUMNS - full)
            self.bar = f"{state['what'].strip()} [{drawn}] {state['counts']}, {state['times']}"

    def end(self, failed: bool = False) -> None:
        """Print the line of the stage that ran, if one did."""
        if self.stage:
            seconds = f"{time.time() - self.began:,.1f} s"
            samples = None if failed else samples_since(self.stage, self.began)
            numbers = f"{seconds:>10}" + (f"{samples:>10,} samples" if samples else "")
            self._print(self._line(self.stage, f"failed after {seconds}" if failed else numbers))
        self.stage = ""
        self.bar = ""

    def draw(self) -> None:
        """Draw the bar of the running stage over the terminal's last line.

        Of several processes that share the terminal, one draws.
        """
        if not (self.stage and self.terminal.isatty() and self._may_draw()):
            return
        shown = self.bar or f"{time.time() - self.began:,.0f} s"
        self.terminal.write(f"\r\x1b[K{f'{self.stage}  {shown}'[: self._columns() - 1]}")
        self.terminal.flush()

    def _may_draw(self) -> bool:
        if self.lock is None:
            ONE_BAR.parent.mkdir(parents=True, exist_ok=True)
            lock = ONE_BAR.open("a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                return False
            self.lock = lock
        return True

    def close(self) -> None:
        """Leave the bar to another process."""
        if self.lock is not None:
            self.lock.close()
            self.lock = None

    def _line(self, stage: str, end: str) -> str:
        room = max(self._columns() - NAME_COLUMNS - NUMBER_COLUMNS - 2, 0)
        what = self.descriptions.get(stage.partition("@")[0], "")
        if len(what) > room:
            # whole words
            what = what[:room].rpartition(" ")[0]
        return f"{stage:{NAME_COLUMNS}}{what:{room}}  {end}"

    def _columns(self) -> int:
        with contextlib.suppress(OSError):
            return os.get_terminal_size(self.terminal.fileno()).columns or COLUMNS
        return COLUMNS

    def _print(self, line: str) -> None:
        clear = "\r\x1b[K" if self.terminal.isatty() else ""
        # one write: lines of processes that share the terminal do not mix
        self.terminal.write(f"{clear}{line.rstrip()}\n")
        self.terminal.flush()


def stage_descriptions() -> dict[str, str]:
    """Return what dvc.yaml says that each of its stages does, by its name without an item."""
    descriptions = {}
    for name, body in (load_params("dvc.yaml").get("stages") or {}).items():
        descriptions[name] = str(body.get("do", body).get("desc", ""))
    return descriptions


@contextlib.contextmanager
def followed(log: Path, lines: StageLines) -> Iterator[None]:
    """Show what is added to `log` by `lines`, until the end of the block."""
    ended = threading.Event()
    thread = threading.Thread(target=_follow, args=(log, lines, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        lines.close()


def _follow(log: Path, lines: StageLines, ended: threading.Event) -> None:
    with log.open(encoding="utf-8", errors="replace", newline="") as stream:
        while True:
            # looked at before the file: what was said before the end is read
            last = ended.wait(INTERVAL)
            lines.read(stream.read())
            if last:
                return
            lines.draw()
