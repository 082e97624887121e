"""`bettersynth run RECIPE`: a Data-Juicer recipe over a data set, streamed in chunks.

There is one pass over the rows for each operator that must see all of them.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from bettersynth.data.files.folder_beside import folder_beside
from bettersynth.data.files.jsonl_rows import dump_json
from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.rejects import Reject, require_few
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.row_files.reading import about_rows
from bettersynth.errors import UserError
from bettersynth.models.devices.held_model import forget_uses, model_uses
from bettersynth.models.devices.model_use import in_ledger, waiting_share
from bettersynth.recipes.engine.common_lines import CommonLines
from bettersynth.recipes.engine.data_files import files_to_read
from bettersynth.recipes.engine.dropped_rows import DroppedRows, is_traced
from bettersynth.recipes.engine.exporting import export_rows, outputs_of, require_export_folder
from bettersynth.recipes.engine.passes import CHUNK, Done, Pass, RowReject, split_passes
from bettersynth.recipes.engine.records import RecordFile, WordFiles
from bettersynth.recipes.engine.run_settings import RunSettings, read_run
from bettersynth.recipes.engine.survivors import Survivors
from bettersynth.recipes.engine.workers import run_chunks
from bettersynth.recipes.lines import Line
from bettersynth.recipes.numberless import require_some_number
from bettersynth.recipes.verdicts import choose

# of models in use
TELLING_SECONDS = 10.0


class RunDone(NamedTuple):
    """The export of a run, and what the ledger keeps of it."""

    export: Path
    counts: dict[str, float]


def run_recipe(path: Path) -> RunDone:
    """Run the recipe at `path`; prints the rows left after every line, and where the result is.

    Writes the export, `NAME_stats.jsonl` beside it, and `NAME_rejects.jsonl` if rows were set
    aside.

    Raises:
        UserError: an unknown setting or operator (the valid ones are named), no such data set, an
            output that is an input, no folder for the export, a field that no row has, a line that
            is no sample, too many rejects.
    """
    settings, lines = read_run(path)
    refuse_overwriting(outputs_of(settings), [path, *settings.datasets])
    require_export_folder(settings)
    datasets = files_to_read(settings, lines)
    with folder_beside(settings.export) as folder:
        return RunDone(settings.export, Run(settings, lines, datasets, folder).run())


class Run:
    """One run of a recipe; rows lie in `folder` between its passes."""

    def __init__(
        self,
        settings: RunSettings,
        lines: Sequence[Line],
        datasets: Sequence[Path],
        folder: Path,
    ):
        self.settings = settings
        self.lines = lines
        self.datasets = datasets
        self.export = settings.export
        self.folder = folder
        self.rejects: list[tuple[Path, RowReject]] = []
        self.rows = 0
        self.dropped = DroppedRows(settings, lines, datasets, folder)

    def run(self) -> dict[str, float]:
        """Run all passes, and write the export; returns the rows, and how long the model waited.

        Raises:
            UserError: the recipe has no process, or more rows are set aside than may be.
        """
        forget_uses()
        records: RecordFile | None = None
        for number, positions in enumerate(split_passes(self.lines)):
            after = RecordFile(self.folder / f"pass{number}")
            after = self._pass(positions, records, after)
            if records is not None:
                # now: two passes' rows at most lie on the disk
                records.path.unlink()
            records = after
        if records is None:
            raise UserError("the recipe has no process")
        uses = model_uses()
        share = waiting_share(uses)
        # of a few turns it says nothing
        if share is not None and sum(use.seconds for use in uses) > TELLING_SECONDS:
            print(f"          the model waited {share:.0%} of its time")
        self._check_rejects()
        self.dropped.export()
        export_rows(self.settings, records)
        return {"samples": self.rows, **in_ledger(share)}

    def _pass(
        self, positions: tuple[int, ...], before: RecordFile | None, after: RecordFile
    ) -> RecordFile:
        """Run the lines at these positions, from the data sets or from the records `before`.

        Returns the records that are left: `after`, or a file in its place.
        """
        lines = [self.lines[position] for position in positions]
        last = lines[-1] if lines else None
        survivors = Survivors(self.lines)
        keys: list[tuple[Any, ...]] = []
        words = WordFiles(after.path.with_suffix(".keys"))
        common = None
        if last is not None and last.rewrites_all:
            common = CommonLines(last, self.settings.form)
        bar = self._progress(lines[0].label if lines else "reading", before)
        with bar, contextlib.closing(after), contextlib.closing(words):
            for dataset, done in self._results(positions, before):
                after.append(done.records)
                survivors.add(dataset, done)
                self.dropped.add(dataset, done)
                if common is not None:
                    common.add(done.keys)
                elif last is not None and hasattr(last.operator, "keep_words"):
                    words.append([key for (key,) in done.keys])
                else:
                    keys += done.keys
                self.rejects += [(dataset, reject) for reject in done.rejects]
                if before is None:
                    self.rows += done.rows
                bar.update(done.rows)
        if before is None:
            print(f"{self.rows:>9,} rows")
        survivors.print_left(positions)
        survivors.warn_if_none(self.rows if before is None else len(before))
        if common is not None:
            rewritten = common.removed(after, after.path.with_suffix(".rewritten"))
            after.path.unlink()
            survivors.print_line(positions[-1], len(rewritten))
            return rewritten
        if last is not None and last.sees_all:
            measured = len(after)
            chosen = _chosen(last, keys, words)
            self._trace(positions[-1], after, chosen, keys)
            after.choose(chosen)
            survivors.print_line(positions[-1], len(after))
            if measured and not len(after):
                survivors.warn(positions[-1], measured)
        return after

    def _trace(
        self,
        position: int,
        records: RecordFile,
        chosen: Sequence[int] | np.ndarray,
        keys: Sequence[tuple[Any, ...]],
    ) -> None:
        """Note the records that the line at `position` did not choose, if that was asked for."""
        if not is_traced(self.lines[position], traced_of(self.settings)):
            return
        left = np.setdiff1d(np.arange(len(records)), chosen)
        compared = [keys[place] if keys else () for place in left]
        self.dropped.add_records(position, records.at(left), compared)

    def _progress(self, label: str, before: RecordFile | None) -> tqdm:
        # Without a terminal a bar is noise in a log; what is left is printed after the pass
        quiet = not sys.stderr.isatty()
        total = None if before is None else len(before)
        if before is None and not quiet:
            counts = [about_rows(dataset) for dataset in self.datasets]
            total = None if None in counts else sum(count or 0 for count in counts)
        return tqdm(total=total, desc=label, unit="row", mininterval=1, disable=quiet)

    def _results(
        self, positions: tuple[int, ...], before: RecordFile | None
    ) -> Iterator[tuple[Path, Done]]:
        settings = self.settings
        # records of an earlier pass come from all data sets already
        datasets = self.datasets if before is None else self.datasets[:1]
        for dataset in datasets:
            in_order = positions == tuple(sorted(positions))
            plan = plan_of(settings, positions, dataset, settings.cheap_first and in_order)
            chunks: Iterable[Any]
            chunks = settings.reader.chunks(dataset, CHUNK)
            if before is not None:
                chunks = before.chunks(CHUNK)
            for done in run_chunks(plan, chunks, settings.launch):
                # the next data set runs in the order found on this one
                positions = done.order
                yield dataset, done

    def _check_rejects(self) -> None:
        path = self.settings.rejects_export
        if not self.rejects:
            # an earlier run's: its rows are not those that this one set aside
            path.unlink(missing_ok=True)
            return
        with complete_or_absent(path) as temporary, open(temporary, "wb") as stream:
            for dataset, (number, operator, reason) in self.rejects:
                row = {"file": str(dataset), "line": number, "operator": operator, "reason": reason}
                stream.write(dump_json(row) + b"\n")
        print(f"{len(self.rejects):>9,} set aside, see {path}")
        rejects: list[Reject] = []
        for dataset, (number, operator, reason) in self.rejects:
            rejects.append(Reject(f"{dataset} line {number}", f"{operator}: {reason}"))
        share = self.settings.max_reject_share
        require_few(rejects, self.rows, share, "max_reject_share", "rows cannot be measured")


def plan_of(
    settings: RunSettings,
    positions: tuple[int, ...],
    dataset: Path,
    cheap_first: bool = False,
    measure_only: bool = False,
) -> Pass:
    """Return the pass of these lines of a recipe over one data set."""
    return Pass(
        settings.process,
        positions,
        dataset,
        settings.export.parent,
        settings.form,
        settings.compat,
        settings.shares_scores,
        settings.keep_hashes_in_res_ds,
        cheap_first,
        measure_only,
        traced_of(settings),
        tuple(settings.trace_keys),
    )


def traced_of(settings: RunSettings) -> tuple[str, ...] | None:
    """Return the operators whose dropped rows are asked for: () all, None none."""
    return tuple(settings.op_list_to_trace) if settings.open_tracer else None


def _chosen(
    line: Line, keys: Sequence[tuple[Any, ...]], words: WordFiles
) -> Sequence[int] | np.ndarray:
    """Return the positions of the rows that a line over all rows keeps, from their keys.

    Raises:
        UserError: no row has the number that a selector ranks by.
    """
    if len(words):
        return np.flatnonzero(line.operator.keep_words(len(words), words.words()))
    require_some_number(line, keys)
    columns = [list(column) for column in zip(*keys, strict=True)]
    # a selector that compares no field has one column without values
    names = line.operator.STATS if line.measures else line.compared_fields or ("",)
    return choose(line, dict(zip(names, columns, strict=False)), len(keys))
