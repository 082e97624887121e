"""Planting known faults in a copy of the data, to measure which operator finds which.

Filters see the same samples without a fault and with it; deduplicators see good samples and,
beside them, others with the fault (near-duplicates are copies of the good ones). A rule calls
faulty what it drops: precision and recall are the rule's, the ROC AUC is the values' alone.
"""

from __future__ import annotations

import itertools
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from bettersynth.data.files.jsonl_rows import parse_row
from bettersynth.data.pictures.decoding import BadImage, decode_image, read_picture
from bettersynth.data.pictures.images import ImageStore
from bettersynth.data.row_files.reading import RowReader
from bettersynth.data.samples.batch import Batch, Images
from bettersynth.data.samples.planted_captions import planted_rows
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.samples.sample_rows import RowForm, batch_of_rows, name_of
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.errors import UserError
from bettersynth.evaluation.statistics.roc_area import area_interval
from bettersynth.measuring.measured import measure_good
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.engine.data_files import files_to_read
from bettersynth.recipes.engine.rows import require_sample
from bettersynth.recipes.engine.run_settings import RunSettings, read_run
from bettersynth.recipes.faults import FAULTS, Sample
from bettersynth.recipes.lines import Line
from bettersynth.recipes.verdicts import verdicts

# a recipe's dataset_path that stands for the pipeline's pool
POOL = "data/pool"
# pairs that are Python's objects at a time
PAIRS_AT_ONCE = 100_000
# good samples that near-duplicates are copies of
CLEAN = "clean"
# good samples that get the other faults
REST = "to be faulty"
COPIES = "near-duplicate"
# samples measured before the clock runs
WARM_UP = 2
COLUMNS = [
    "operator",
    "stat",
    "fault",
    "roc_auc",
    "roc_auc_low",
    "roc_auc_high",
    "side",
    "precision",
    "recall",
    "good_dropped",
    "milliseconds_a_sample",
    "bounds",
]
NOT_ORDERED = {"roc_auc": np.nan, "roc_auc_low": np.nan, "roc_auc_high": np.nan, "side": ""}
MakeBatch = Callable[[], Batch]


@dataclass(frozen=True)
class Audit:
    """What an audit found."""

    table: pd.DataFrame  # `COLUMNS`, a row for each operator, stat and fault
    skipped: dict[str, str]  # why operators could not run, by label
    examples: dict[str, tuple[Sample, Sample]]  # a good sample, and one with each fault
    samples: int


@dataclass(frozen=True)
class StoredSample:
    """A sample of the data set before its pictures are decoded."""

    id: str
    text: str
    images: Sequence[str]
    read: Callable[[str], bytes]


def audit(path: Path, samples: int, seed: int) -> Audit:
    """Audit the filters and deduplicators of the recipe at `path` on its data set.

    `dataset_path: data/pool` is the pipeline's pool. Operators that read fields are left out: a
    fault is in words or pictures.

    Raises:
        UserError: too few good samples, no such data, no operator that measures, a field that no
            row has.
    """
    settings, every = read_run(path)
    lines = [line for line in every if line.measures and not line.reads_fields]
    if not lines:
        raise UserError(f"{path}: process has no filter or deduplicator to audit")
    datasets: list[Path] = []
    if not is_pool(settings):
        datasets = files_to_read(settings, lines)
    # two halves: copies stand beside their originals, other faults in samples of their own
    drawn = draw_good(settings, datasets, 2 * samples, seed)
    good = {CLEAN: drawn[:samples], REST: drawn[samples:]}
    planted: dict[str, list[Sample]] = {}
    for fault, plant in FAULTS.items():
        rng = np.random.default_rng([seed, zlib.crc32(fault.encode())])
        planted[fault] = plant(good[CLEAN if fault == COPIES else REST], settings.form.tokens, rng)
    batches: dict[str, MakeBatch] = {}
    for name, stored in {**good, **planted}.items():
        batches[name] = stored_batch(stored, settings.form)
    rows: list[dict[str, Any]] = []
    skipped: dict[str, str] = {}
    for line in tqdm(lines, desc="audit", unit="operator", mininterval=1, disable=None):
        try:
            rows += audit_line(line, batches)
        except UserError as error:
            skipped[line.label] = str(error)
    examples = {}
    for fault, faulty in planted.items():
        examples[fault] = (good[CLEAN if fault == COPIES else REST][0], faulty[0])
    return Audit(pd.DataFrame(rows, columns=COLUMNS), skipped, examples, samples)


def is_pool(settings: RunSettings) -> bool:
    """Whether the data set is the pipeline's pool."""
    return settings.dataset_path.rstrip("/") == POOL


def draw_good(
    settings: RunSettings, datasets: Sequence[Path], count: int, seed: int
) -> list[Sample]:
    """Return `count` samples drawn at random, with a caption and pictures that can be read.

    Planted mismatches of the pool are left out.

    Raises:
        UserError: there are too few.
    """
    stored = list(
        _pool_samples() if is_pool(settings) else _dataset_samples(settings.reader, datasets)
    )
    rng = np.random.default_rng([seed, zlib.crc32(b"audit")])
    good: list[Sample] = []
    for position in rng.permutation(len(stored)):
        if len(good) == count:
            return good
        sample = stored[position]
        try:
            pictures = tuple(decode_image(sample.read(name)) for name in sample.images)
        except (OSError, BadImage):
            continue
        if pictures and sample.text.strip():
            good.append(Sample(sample.id, sample.text, pictures))
    if len(good) < count:
        raise UserError(
            f"{settings.data_set_name} has {len(good)} good samples, the audit needs {count}; "
            "lower --samples (a good one has words and pictures that can be read)"
        )
    return good


def _pool_samples() -> Iterator[StoredSample]:
    store = ImageStore(POOL_IMAGES)
    pool = read_pool(("id", "text", "images", "type"))
    planted = planted_rows(pool["id"])
    if planted is not None:
        pool = pool.filter(pa.array(~planted))
    for part in pool.to_batches(max_chunksize=PAIRS_AT_ONCE):
        for row in part.to_pylist():
            if row.get("type", "caption") == "caption":
                yield StoredSample(row["id"], row["text"], row["images"], store.read)


def _dataset_samples(reader: RowReader, datasets: Sequence[Path]) -> Iterator[StoredSample]:
    form = reader.form
    for path in datasets:

        def read(name: str, folder: Path = path.parent) -> bytes:
            return read_picture(folder / name)

        for number, line in reader.rows(path):
            row = parse_row(path, number, line)
            require_sample(row, form, f"{path} line {number}")
            name = name_of(row, number)
            text = str(row.get(form.text_key) or "")
            yield StoredSample(name, text, row.get(form.image_key) or [], read)


def stored_batch(samples: Sequence[Sample], form: RowForm) -> MakeBatch:
    """Return what makes the batch of these samples anew, with no picture decoded yet."""
    files: dict[str, bytes] = {}
    rows: list[dict[str, Any]] = []
    for sample in samples:
        names = [f"{sample.id}/{number}.jpg" for number in range(len(sample.pictures))]
        files.update(zip(names, sample.files(), strict=True))
        rows.append({form.text_key: sample.text, form.image_key: names})
    return lambda: batch_of_rows(rows, Images(files.__getitem__), form)


def audit_line(line: Line, batches: dict[str, MakeBatch]) -> list[dict[str, Any]]:
    """Return the rows of one operator; `batches` makes the good samples and those with each fault.

    Raises:
        UserError: its model or list is not at hand, or it cannot measure these samples.
    """
    values, milliseconds = _measure_timed(line, batches)
    rows: list[dict[str, Any]] = []
    for fault in FAULTS:
        good = CLEAN if line.kind == "deduplicator" or fault == COPIES else REST
        # Good and faulty in turns: a deduplicator drops the later of two, whichever that is; a
        # copy follows its original
        both: Values = {}
        for stat, column in values[fault].items():
            pairs = zip(values[good][stat], column, strict=True)
            both[stat] = list(itertools.chain.from_iterable(pairs))
        samples = len(next(iter(both.values())))
        # [rows], as they were put together above
        faulty = np.arange(samples) % 2 == 1
        dropped = ~verdicts(line, both, np.arange(samples))
        hits = (dropped & faulty).sum()
        rule = {
            "precision": hits / dropped.sum() if dropped.any() else np.nan,
            "recall": dropped[faulty].mean(),
            "good_dropped": dropped[~faulty].mean(),
            "milliseconds_a_sample": milliseconds,
            "bounds": line.bounds,
        }
        for stat, column in both.items():
            # a hash is equal or not: it lies on no side
            ordered = line.kind == "filter"
            told_apart = _told_apart(column, faulty) if ordered else NOT_ORDERED
            row = {"operator": line.label, "stat": stat, "fault": fault}
            rows.append({**row, **told_apart, **rule})
    return rows


def _told_apart(column: Sequence[Any], faulty: np.ndarray) -> dict[str, Any]:
    """Return how well the values tell faulty samples apart, with its interval."""
    area, side = separation(column, faulty)
    known = np.isfinite(numbers_of(column))
    low, high = area_interval(area, int((known & faulty).sum()), int((known & ~faulty).sum()))
    return {"roc_auc": area, "roc_auc_low": low, "roc_auc_high": high, "side": side}


def _measure_timed(line: Line, batches: dict[str, MakeBatch]) -> tuple[dict[str, Values], float]:
    """Return the values of each batch, and the milliseconds of CPU that a sample took."""
    # models are loaded before the clock runs
    measure_good(line.operator, line.measuring, batches[CLEAN]().take(range(WARM_UP)))
    values: dict[str, Values] = {}
    samples = 0
    # CPU, not wall: other work on the machine must not count
    start = time.process_time()
    for name, make in batches.items():
        batch = make()
        measured = measure_good(line.operator, line.measuring, batch)
        if measured.bad:
            reason = next(iter(measured.bad.values()))
            raise UserError(f"{len(measured.bad)} samples cannot be measured: {reason}")
        values[name] = measured.values
        samples += len(batch)
    return values, 1000 * (time.process_time() - start) / samples


def separation(column: Sequence[Any], faulty: np.ndarray) -> tuple[float, str]:
    """Return the ROC AUC, at least .5, and on which side the values of faulty samples lie.

    `faulty` is bool `[rows]`. NaN where no value is a number.
    """
    from sklearn.metrics import roc_auc_score

    numbers = numbers_of(column)
    # a curve has no place for infinity
    known = np.isfinite(numbers)
    if not known.any() or faulty[known].all() or not faulty[known].any():
        return float("nan"), ""
    # 12 digits: .5 by rounding is on no side
    auc = round(float(roc_auc_score(faulty[known], numbers[known])), 12)
    if auc > 0.5:
        return auc, "high"
    return 1 - auc, "low" if auc < 0.5 else ""
