"""`bettersynth audit`: plant known faults in a copy of the data and measure which operator finds which, and what it costs.

Filters see the same samples without a fault and with it; deduplicators see good samples and, beside them, others with the fault
(near-duplicates are copies of the good ones). A rule calls faulty what it drops: precision and recall are the rule's, the ROC AUC is the
values' alone.
"""

from __future__ import annotations

import itertools
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from bettersynth.data.files.jsonl_rows import dataset_files, parse_row, read_chunks
from bettersynth.data.files.reading import read_table
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.data.pictures.images import BadImage, ImageStore, decode_image
from bettersynth.data.samples.batch import Batch, Images, Tokens
from bettersynth.errors import UserError
from bettersynth.experiments.report.audit_part import page
from bettersynth.measuring.measure import measure_good
from bettersynth.measuring.number_rule import numbers_of
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.stat_tables import POOL_IMAGES, read_pool
from bettersynth.recipes.decisions import verdicts
from bettersynth.recipes.engine.run import Settings, read_run
from bettersynth.recipes.faults import FAULTS, Sample
from bettersynth.recipes.lines import Line
from bettersynth.steps.filter import PLANTED

POOL = "data/pool"
CLEAN, REST = (
    "clean",
    "to be faulty",
)  # good samples: those that are copied, those that get the other faults
NOTABLE = 0.05  # 2 AUC - 1, or recall less the share of good samples dropped: less is not printed
WARM_UP = 2  # samples measured before the clock runs
COLUMNS = [
    "operator",
    "stat",
    "fault",
    "roc_auc",
    "side",
    "precision",
    "recall",
    "good_dropped",
    "milliseconds_a_sample",
    "bounds",
]


@dataclass(frozen=True)
class Audit:
    """The table, a row for each operator, stat and fault; why operators could not run; one sample with each fault, and without."""

    table: pd.DataFrame
    skipped: dict[str, str]
    examples: dict[str, Sample]
    samples: int


def audit(path: Path, samples: int, seed: int) -> Audit:
    """Audit the filters and deduplicators of the recipe at `path` on its data set; `dataset_path: data/pool` is the pipeline's pool.

    Raises:
        UserError: too few good samples, no such data, no operator that measures.
    """
    settings, lines = read_run(path)
    lines = [
        line
        for line in lines
        if line.kind in ("filter", "deduplicator") and "fields" not in line.operator.READS
    ]
    if not lines:
        raise UserError(f"{path}: process has no filter or deduplicator to audit")
    tokens = Tokens(settings.image_special_token, settings.eoc_special_token)
    drawn = draw(settings, 2 * samples, seed)
    clean, rest = drawn[:samples], drawn[samples:]
    planted: dict[str, list[Sample]] = {}
    for fault, plant in FAULTS.items():
        rng = np.random.default_rng([seed, zlib.crc32(fault.encode())])
        planted[fault] = plant(clean if fault == "near-duplicate" else rest, tokens, rng)
    batches = {
        name: store(found, tokens) for name, found in {CLEAN: clean, REST: rest, **planted}.items()
    }
    rows, skipped = [], {}
    for line in tqdm(lines, desc="audit", unit="operator", mininterval=1, disable=None):
        try:
            rows += audit_line(line, batches)
        except UserError as error:
            skipped[line.label] = str(error)
    examples = {"as it is": rest[0], **{fault: found[0] for fault, found in planted.items()}}
    return Audit(pd.DataFrame(rows, columns=COLUMNS), skipped, examples, samples)


def draw(settings: Settings, count: int, seed: int) -> list[Sample]:
    """Return `count` samples drawn at random, each with a caption and pictures that can be read; planted mismatches are left out.

    Raises:
        UserError: there are too few.
    """
    found: list[Sample] = []
    rows = list(
        _pool_rows() if settings.dataset_path.rstrip("/") == POOL else _dataset_rows(settings)
    )
    rng = np.random.default_rng([seed, zlib.crc32(b"audit")])
    for k in rng.permutation(len(rows)):
        if len(found) == count:
            return found
        sample, text, names, read = rows[k]
        try:
            pictures = tuple(decode_image(read(name)) for name in names)
        except (OSError, BadImage):
            continue
        if pictures and text.strip():
            found.append(Sample(sample, text, pictures))
    if len(found) < count:
        raise UserError(
            f"{settings.dataset_path} has {len(found)} good samples, the audit needs {count}; lower --samples"
        )
    return found


def _pool_rows() -> Any:
    pool = read_pool()
    planted = read_table(PLANTED) if PLANTED.exists() else None
    wrong = (
        set(planted.filter(pc.field("planted"))["id"].to_pylist()) if planted is not None else set()
    )
    store = ImageStore(POOL_IMAGES)
    for row in pool.select(["id", "text", "images"]).to_pylist():
        if row["id"] not in wrong:
            yield row["id"], row["text"], row["images"], store.read


def _dataset_rows(settings: Settings) -> Any:
    text_key = settings.text_keys if isinstance(settings.text_keys, str) else settings.text_keys[0]
    for path in dataset_files(settings.dataset_path):

        def read(name: str, folder: Path = path.parent) -> bytes:
            return (folder / name).read_bytes()

        for chunk in read_chunks(path, 1000):
            for number, line in chunk:
                row = parse_row(path, number, line)
                yield (
                    str(row.get("id", f"line {number}")),
                    str(row.get(text_key) or ""),
                    row.get(settings.image_key) or [],
                    read,
                )


def store(samples: Sequence[Sample], tokens: Tokens) -> Callable[[], Batch]:
    """Return what makes the batch of these samples anew, with no picture decoded yet."""
    files: dict[str, bytes] = {}
    names = []
    for sample in samples:
        names.append([f"{sample.id}/{k}.jpg" for k in range(len(sample.pictures))])
        files.update(zip(names[-1], sample.files(), strict=True))
    texts = [sample.text for sample in samples]
    return lambda: Batch(texts, names, Images(files.__getitem__), tokens)


def audit_line(line: Line, batches: dict[str, Callable[[], Batch]]) -> list[dict[str, Any]]:
    """Return the rows of one operator; `batches` makes the good samples and those with each fault.

    Raises:
        UserError: its model or list is not at hand, or it cannot measure these samples.
    """
    measure_good(line.operator, line.measuring, batches[CLEAN]().take(range(WARM_UP)))
    values: dict[str, Values] = {}
    start, measured = time.process_time(), 0
    for name, make in batches.items():
        batch = make()
        found = measure_good(line.operator, line.measuring, batch)
        if found.bad:
            raise UserError(
                f"{len(found.bad)} samples cannot be measured: {next(iter(found.bad.values()))}"
            )
        values[name] = found.values
        measured += len(batch)
    milliseconds = 1000 * (time.process_time() - start) / measured
    rows = []
    for fault in FAULTS:
        good = CLEAN if line.kind == "deduplicator" or fault == "near-duplicate" else REST
        # good and faulty in turns: a deduplicator drops the later of two, whichever that is; a copy follows its original
        both = {
            stat: list(itertools.chain.from_iterable(zip(values[good][stat], column, strict=True)))
            for stat, column in values[fault].items()
        }
        faulty = np.arange(2 * measured // len(batches)) % 2 == 1
        dropped = ~verdicts(line, both, np.arange(len(faulty)))
        rule = {
            "precision": (dropped & faulty).sum() / dropped.sum() if dropped.any() else np.nan,
            "recall": dropped[faulty].mean(),
            "good_dropped": dropped[~faulty].mean(),
            "milliseconds_a_sample": milliseconds,
            "bounds": line.bounds,
        }
        for stat, column in both.items():
            auc, side = separation(column, faulty) if line.kind == "filter" else (np.nan, "")
            rows.append(
                {
                    "operator": line.label,
                    "stat": stat,
                    "fault": fault,
                    "roc_auc": auc,
                    "side": side,
                    **rule,
                }
            )
    return rows


def separation(column: Sequence[Any], faulty: np.ndarray) -> tuple[float, str]:
    """Return the ROC AUC, at least .5, and on which side the faulty samples' values lie; NaN where a value is no number."""
    numbers = numbers_of(column)
    known = ~np.isnan(numbers)
    if not known.any() or faulty[known].all() or not faulty[known].any():
        return float("nan"), ""
    auc = round(float(roc_auc_score(faulty[known], numbers[known])), 12)
    return (auc, "high") if auc > 0.5 else (1 - auc, "low" if auc < 0.5 else "")


def audit_to(path: Path, samples: int, seed: int, output: Path) -> None:
    """Run the audit and write `OUTPUT/audit.tsv` and `OUTPUT/page.html`; prints the best operators of each fault."""
    if samples < 2:
        raise UserError(f"--samples is {samples}; it must be 2 or more")
    done = audit(path, samples, seed)
    if done.table.empty:
        raise UserError(f"no operator of {path} could run; {next(iter(done.skipped.items()))[1]}")
    with complete_or_absent(output / "audit.tsv") as temporary:
        done.table.to_csv(temporary, sep="\t", index=False, float_format="%.4f")
    with complete_or_absent(output / "page.html") as temporary:
        temporary.write_text(
            page(str(path), done.table, done.samples, done.examples, done.skipped), encoding="utf-8"
        )
    strength = np.fmax(
        2 * done.table["roc_auc"] - 1, done.table["recall"] - done.table["good_dropped"]
    )
    for fault, part in done.table.assign(strength=strength).groupby("fault", sort=False):
        best = part[part["strength"] >= NOTABLE].sort_values("strength", ascending=False).head(3)
        shown = ", ".join(
            f"{r.stat} AUC {r.roc_auc:.2f} recall {r.recall:.2f} precision {r.precision:.2f}"
            for r in best.itertuples()
        )
        print(
            f"{fault}: {shown.replace('AUC nan ', '').replace(' precision nan', '') or 'nothing finds it'}"
        )
    for label, reason in done.skipped.items():
        print(f"not run: {label}: {reason}")
    print(output / "page.html")
