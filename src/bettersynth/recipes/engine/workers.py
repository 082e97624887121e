"""Chunks of a pass: in this process, in several of this machine, or on a Ray cluster."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.data.files.processes import DEATH
from bettersynth.measuring.launching import Launch, PartDone, run_parts
from bettersynth.models.devices.shared_models import sharing_models
from bettersynth.recipes.engine.line_order import order_matters
from bettersynth.recipes.engine.passes import CHUNK, Done, Pass, RowReject
from bettersynth.recipes.engine.records import load_record
from bettersynth.recipes.engine.row_runner import RowRunner

# rows that run before processes are forked off
FIRST_ROWS = 16


@dataclass(frozen=True)
class _ChunkRunning:
    """Starts the running of chunks in a worker: called there, it returns what runs one."""

    plan: Pass

    def __call__(self) -> Callable[[Sequence[Any]], Done]:
        return RowRunner(self.plan).run


def run_chunks(plan: Pass, chunks: Iterable[Sequence[Any]], launch: Launch) -> Iterator[Done]:
    """Yield the result of each chunk, in order.

    A few rows run here first: what they load (models, libraries) is then shared with the
    processes forked off, and what is in the score cache already is never loaded at all. What makes
    new samples stays in this one process. A row that ends its worker is set aside.
    """
    _wait_without_burning(launch)
    with sharing_models(launch.local_workers):
        yield from _run_chunks(plan, iter(chunks), launch)


def _run_chunks(plan: Pass, chunks: Iterator[Sequence[Any]], launch: Launch) -> Iterator[Done]:
    runner = RowRunner(plan)
    first = next(chunks, None)
    if first is None:
        return
    if plan.cheap_first and len(first) == CHUNK and order_matters(runner.lines):
        runner.put_cheap_first(first)
        plan = runner.plan
    yield runner.run(first[:FIRST_ROWS])
    rest = [first[FIRST_ROWS:]] if len(first) > FIRST_ROWS else []
    remaining = itertools.chain(rest, chunks)
    makes_new = any(line.generates for line in runner.lines.values())
    if launch.is_here or makes_new:
        yield from map(runner.run, remaining)
        runner.close()
        return
    runner.close()
    for done in run_parts(_ChunkRunning(plan), remaining, _rows_at, launch):
        yield _whole(done, plan)


def _rows_at(chunk: Sequence[Any], positions: Sequence[int]) -> list[Any]:
    return [chunk[position] for position in positions]


def _whole(part: PartDone, plan: Pass) -> Done:
    """Return the result of a chunk, its rows that end a worker among the rejects."""
    done: Done = part.result or Done([], {}, [], order=plan.lines)
    for position in part.killers:
        row = part.part[position]
        # records of an earlier pass know their line themselves
        line = row[0] if isinstance(row, tuple) else load_record(row).line
        done.rejects.append(RowReject(line, "", DEATH))
    done.rows = len(part.part)
    return done


def _wait_without_burning(launch: Launch) -> None:
    """Keep the threads of libraries that are not loaded yet out of the way of the processes."""
    # waiting threads burn no time
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if not launch.is_here and "torch" not in sys.modules:
        # one thread in each of several processes
        os.environ["OMP_NUM_THREADS"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
