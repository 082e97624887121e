"""`bettersynth run RECIPE`: a Data-Juicer recipe over a jsonl data set, streamed in chunks, one pass for each global operator."""

from __future__ import annotations

import collections
import contextlib
import glob
import itertools
import multiprocessing
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from bettersynth.data.files.jsonl_rows import (
    RecordFile,
    WordFiles,
    count_rows,
    dataset_files,
    dump_json,
    load_record,
    read_chunks,
)
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN
from bettersynth.errors import UserError
from bettersynth.recipes.engine.row_runner import (
    STATS_FIELD,
    Done,
    Pass,
    RowRunner,
    generates,
    order_matters,
)
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.settings.reading import load_params, read_settings, threads

CHUNK = 64  # rows a process takes at a time: two batches of pictures for a model
FIRST_ROWS = 16  # rows that run before processes are forked off
# Settings of Data-Juicer's recipes that change nothing about the result here; a recipe may hold them.
_READ_OVER = """
    project_name executor_type dataset export_type export_shard_size export_in_parallel export_extra_args audio_key
    audio_special_token video_key video_special_token image_bytes_key suffixes turbo skip_op_error ds_cache_dir cache_compress
    open_monitor use_checkpoint checkpoint temp_dir open_tracer op_list_to_trace trace_num trace_keys open_insight_mining
    op_list_to_mine op_fusion fusion_strategy mapper_fusion adaptive_batch_size percentiles export_original_dataset
    save_stats_in_one_file work_dir job_id resume strict_preflight validators load_dataset_kwargs use_dag debug ray_address
    event_logging hpo_config data_probe_algo data_probe_ratio auto auto_num min_common_dep_num_to_combine conflict_resolve_strategy
    auto_op_parallelism custom_operator_paths read_options generated_dataset_config checkpoint_dir mapper_fusion_vram_limit partition
    partition_dir elastic_juicer_adaptive_batching elastic_juicer_profile_seed event_log_dir override_num_blocks
"""
READ_OVER = frozenset(_READ_OVER.split())


@dataclass(frozen=True)
class Settings:
    """The top level of a recipe, with Data-Juicer's names.

    `compat: data_juicer` gives Data-Juicer's numbers where they differ (docs/operators.md lists each case). A row that cannot be measured
    is set aside and counted; more than `max_reject_share` of all rows ends the run. `cheap_first` lets filters change places where the
    result is the same.
    """

    dataset_path: str
    export_path: str = "./outputs/hello_world/hello_world.jsonl"
    process: list[Any] = field(default_factory=list)
    np: int = 1
    text_keys: str | list[str] = "text"
    image_key: str = "images"
    image_special_token: str = IMAGE_TOKEN
    eoc_special_token: str = EOC_TOKEN
    keep_stats_in_res_ds: bool = False
    keep_hashes_in_res_ds: bool = False
    use_cache: bool = True
    compat: Literal["", "data_juicer"] = ""
    max_reject_share: float = 0.05
    cheap_first: bool = True


def read_run(path: Path) -> tuple[Settings, list[Line]]:
    """Return the settings and lines of the recipe at `path`.

    Raises:
        UserError: an unknown setting or operator (the valid ones are named).
    """
    values = load_params(path)
    values = {name: value for name, value in values.items() if name not in READ_OVER}
    settings = read_settings(Settings, values, str(path))
    lines = read_recipe(settings.process, f"{path}: process", settings.compat)
    if Path(settings.export_path).suffix != ".jsonl":
        raise UserError(f"{path}: export_path {settings.export_path} must end in .jsonl")
    return settings, lines


def run_recipe(path: Path) -> None:
    """Run the recipe at `path`; prints how many rows are left after every line, and where the result is.

    Writes the export, `NAME_stats.jsonl` beside it, and `NAME_rejects.jsonl` if rows were set aside.

    Raises:
        UserError: an unknown setting or operator (the valid ones are named), no such data set, a line that is no sample, too many rejects.
    """
    settings, lines = read_run(path)
    datasets = dataset_files(settings.dataset_path)
    export = Path(settings.export_path)
    export.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(export)
    folder = Path(
        tempfile.mkdtemp(prefix=f"{scratch_prefix(export)}{os.getpid()}-", dir=export.parent)
    )
    try:
        Run(settings, lines, datasets, export, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scratch_prefix(export: Path) -> str:
    """Return how the names of the folders begin in which runs of this machine keep their rows between passes; a process id follows."""
    return f".{export.name}.{socket.gethostname()}-"


def remove_leftovers(export: Path) -> None:
    """Remove what killed runs of this export left: folders of processes of this machine that are no more."""
    prefix = scratch_prefix(export)
    for folder in export.parent.glob(f"{glob.escape(prefix)}*"):
        process = folder.name.removeprefix(prefix).partition("-")[0]
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            continue


class Run:
    """One run of a recipe: passes over the rows, each ended by an operator that must see all of them."""

    def __init__(
        self,
        settings: Settings,
        lines: Sequence[Line],
        datasets: Sequence[Path],
        export: Path,
        folder: Path,
    ):
        self.settings, self.lines, self.datasets, self.export, self.folder = (
            settings,
            lines,
            datasets,
            export,
            folder,
        )
        self.rejects: list[tuple[Path, int, str, str]] = []
        self.rows = 0

    def run(self) -> None:
        records: RecordFile | None = None
        for number, positions in enumerate(passes(self.lines)):
            records = self._pass(positions, records, RecordFile(self.folder / f"pass{number}"))
        if records is None:
            raise UserError("the recipe has no process")
        self._check_rejects()
        self._export(records)

    def _pass(
        self, positions: tuple[int, ...], before: RecordFile | None, after: RecordFile
    ) -> RecordFile:
        lines = [self.lines[k] for k in positions]
        left: collections.Counter[int] = collections.Counter()
        keys: list[Any] = []
        words = WordFiles(after.path.with_suffix(".keys"))
        # Without a terminal a bar is noise in a log; what is left is printed after the pass
        quiet = not sys.stderr.isatty()
        total = (
            len(before)
            if before is not None
            else None
            if quiet
            else sum(map(count_rows, self.datasets))
        )
        bar = tqdm(
            total=total,
            desc=lines[0].label if lines else "reading",
            unit="row",
            mininterval=1,
            disable=quiet,
        )
        with bar, contextlib.closing(after), contextlib.closing(words):
            for dataset, done in self._results(positions, before):
                after.append(done.records)
                left.update(done.left)  # keeps the order in which the lines ran
                if lines and hasattr(lines[-1].operator, "keep_words"):
                    words.append([key for (key,) in done.keys])
                else:
                    keys += done.keys
                self.rejects += [(dataset, *reject) for reject in done.rejects]
                if before is None:
                    self.rows += done.rows
                bar.update(done.rows)
        if before is None:
            print(f"{self.rows:>9,} rows")
        counted = [
            position for position in positions if self.lines[position].kind in ("filter", "mapper")
        ]
        if list(left) not in ([], counted):
            print("          cheap filters first (cheap_first: false keeps the recipe's order)")
        for position in left or counted:
            print(f"{left[position]:>9,} after {self.lines[position].label}")
        if lines and lines[-1].kind in ("deduplicator", "selector"):
            chosen = (
                np.flatnonzero(lines[-1].operator.keep_words(len(words), words.words()))
                if len(words)
                else choose(lines[-1], keys)
            )
            after.choose(chosen)
            print(f"{len(after):>9,} after {lines[-1].label}")
        if before is not None:
            before.path.unlink()
        return after

    def _results(
        self, positions: tuple[int, ...], before: RecordFile | None
    ) -> Iterator[tuple[Path, Done]]:
        for dataset in self.datasets if before is None else self.datasets[:1]:
            settings = self.settings
            text_key = (
                settings.text_keys if isinstance(settings.text_keys, str) else settings.text_keys[0]
            )
            plan = Pass(
                settings.process,
                positions,
                dataset,
                self.export.parent,
                text_key,
                settings.image_key,
                Tokens(settings.image_special_token, settings.eoc_special_token),
                settings.compat,
                settings.use_cache,
                settings.keep_hashes_in_res_ds,
                cheap_first=settings.cheap_first and positions == tuple(sorted(positions)),
            )
            chunks: Iterable[Any] = (
                read_chunks(dataset, CHUNK) if before is None else before.chunks(CHUNK)
            )
            for done in run_chunks(plan, chunks, min(settings.np, threads())):
                positions = done.order  # the next data set runs in the order found on this one
                yield dataset, done

    def _check_rejects(self) -> None:
        if not self.rejects:
            return
        path = self.export.with_name(f"{self.export.stem}_rejects.jsonl")
        with complete_or_absent(path) as temporary, open(temporary, "wb") as stream:
            for dataset, number, operator, reason in self.rejects:
                row = {"file": str(dataset), "line": number, "operator": operator, "reason": reason}
                stream.write(dump_json(row) + b"\n")
        print(f"{len(self.rejects):>9,} set aside, see {path}")
        if len(self.rejects) > self.settings.max_reject_share * self.rows:
            dataset, number, operator, reason = self.rejects[0]
            raise UserError(
                f"{len(self.rejects):,} of {self.rows:,} rows cannot be measured, more than max_reject_share "
                f"{self.settings.max_reject_share:g}; the first: {dataset} line {number}: {operator}: {reason}"
            )

    def _export(self, records: RecordFile) -> None:
        side = self.export.with_name(f"{self.export.stem}_stats.jsonl")
        with (
            complete_or_absent(self.export) as rows_file,
            complete_or_absent(side) as stats_file,
            open(rows_file, "wb") as rows,
            open(stats_file, "wb") as stats,
        ):
            for line in itertools.chain.from_iterable(records.chunks(CHUNK)):
                record = load_record(line)
                extra = {STATS_FIELD: record.stats} if self.settings.keep_stats_in_res_ds else {}
                extra |= record.hashes if self.settings.keep_hashes_in_res_ds else {}
                rows.write(with_fields(record.row, extra) + b"\n")
                stats.write(dump_json({STATS_FIELD: record.stats}) + b"\n")
        print(f"{len(records):>9,} rows in {self.export}")


def passes(lines: Sequence[Line]) -> list[tuple[int, ...]]:
    """Return the positions of the lines of each pass; a deduplicator or selector ends one, since it must see all rows."""
    found: list[tuple[int, ...]] = []
    current: list[int] = []
    for k, line in enumerate(lines):
        current.append(k)
        if line.kind in ("deduplicator", "selector"):
            found.append(tuple(current))
            current = []
    return [*found, tuple(current)] if current or not found else found


def choose(line: Line, keys: Sequence[Any]) -> Sequence[int] | np.ndarray:
    """Return the positions of the rows that a deduplicator or selector keeps, in the order of its result."""
    if line.kind == "selector":
        return line.operator.select(keys, line.deciding)
    columns = [list(column) for column in zip(*keys, strict=True)]
    names = line.operator.STATS[: len(columns)]
    if not columns:
        return []
    return np.flatnonzero(line.operator.keep(dict(zip(names, columns, strict=True)), line.deciding))


def with_fields(row: bytes, extra: dict[str, Any]) -> bytes:
    """Return the json of a row with further fields at its end; the rest stays byte for byte."""
    if not extra:
        return row
    head = row.rstrip()[:-1].rstrip()
    return head + (b"" if head == b"{" else b", ") + dump_json(extra)[1:]


_runner: RowRunner | None = None


def _start(plan: Pass) -> None:
    global _runner
    _runner = RowRunner(plan)


def _work(chunk: Sequence[Any]) -> Done:
    assert _runner is not None
    return _runner.run(chunk)


def run_chunks(plan: Pass, chunks: Iterable[Sequence[Any]], workers: int) -> Iterator[Done]:
    """Yield the result of each chunk, in order, from this process or from several.

    A few rows run here first: what they load (models, libraries) is then shared with the processes forked off, and what is in the score
    cache already is never loaded at all. A model on a GPU, and one that makes new samples, stays in this one process.
    """
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "passive"
    )  # waiting threads must not burn the time of working ones
    if workers > 1 and "torch" not in sys.modules:
        os.environ["OMP_NUM_THREADS"] = "1"  # one thread in each of several processes
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
    runner = RowRunner(plan)
    waiting_chunks = iter(chunks)
    first = next(waiting_chunks, None)
    if first is None:
        return
    if plan.cheap_first and len(first) == CHUNK and order_matters(runner.lines):
        runner.put_cheap_first(first)
        plan = runner.plan
    yield runner.run(first[:FIRST_ROWS])
    remaining = itertools.chain(
        [first[FIRST_ROWS:]] if len(first) > FIRST_ROWS else [], waiting_chunks
    )
    if workers <= 1 or _threads_of_torch() > 1 or any(map(generates, runner.lines.values())):
        yield from map(runner.run, remaining)
        runner.close()
        return
    runner.close()
    method = "fork" if sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(workers, multiprocessing.get_context(method), _start, (plan,)) as pool:
        waiting: collections.deque[Future[Done]] = collections.deque()
        try:
            for chunk in remaining:
                waiting.append(pool.submit(_work, chunk))
                if len(waiting) > 2 * workers:  # so that reading does not run ahead of the work
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _threads_of_torch() -> int:
    """Return how many threads a torch that is loaded here works with; processes must not be forked off beside them, nor beside CUDA."""
    torch = sys.modules.get("torch")
    if torch is None:
        return 1
    return 2 if torch.cuda.is_initialized() else int(torch.get_num_threads())
