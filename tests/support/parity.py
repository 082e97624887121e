"""Data-Juicer 1.6.1's own inputs and outputs, and how an operator of ours is run on them.

A comparison gives the differences as a list of lines, so that a failing test shows the rows:
an operator's own test names its fixture file and asserts that there are none.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bettersynth.data.samples.batch import Batch, Images
from bettersynth.measuring.field_values import field_value
from bettersynth.measuring.measured import measure_good
from bettersynth.recipes.lines import Line, read_recipe
from support.small_run import dataset, run

FOLDER = Path(__file__).parents[1] / "fixtures" / "operators"
PATH_SETTINGS = ("hf_clip", "hf_tokenizer", "stopwords_dir", "flagged_words_dir")
# Data-Juicer's similarities come from another release of transformers; all else is exact.
TOLERANCES = {"image_text_similarity": 1e-6}

Row = dict[str, Any]


@functools.cache
def rows(name: str) -> tuple[Row, ...]:
    """Return the rows of one fixture file, read once for all tests of a process."""
    with open(FOLDER / f"{name}.jsonl", encoding="utf-8") as stream:
        return tuple(json.loads(line) for line in stream)


@functools.cache
def samples() -> dict[str, Row]:
    """Return every input by id: the texts, the single images, and the multi-image samples."""
    by_id = {row["id"]: row for row in (*rows("texts"), *rows("images"))}
    for row in rows("mm_stats"):
        if "sample" in row:
            by_id[row["sample"]["id"]] = row["sample"]
    return by_id


def rows_of(fixture: str, operator: str) -> list[Row]:
    """Return the rows that `operator` made in a fixture file: at least one."""
    made = [row for row in rows(fixture) if row.get("op") == operator]
    assert made, f"{fixture}.jsonl holds no row of {operator}"
    return made


def cases(fixture: str, operator: str) -> list[Any]:
    """Return one case for each set of settings that `operator` was run with: its rows."""
    by_settings: dict[str, list[Row]] = {}
    for row in rows_of(fixture, operator):
        if row.get("input") in samples():
            by_settings.setdefault(json.dumps(row.get("params")), []).append(row)
    return [pytest.param(group, id=settings) for settings, group in by_settings.items()]


def given_settings(row: Row) -> dict[str, Any]:
    """Return the settings that a row was made with; paths are those of the fixtures."""
    given = dict(row["params"] or {})
    for key in PATH_SETTINGS:
        if key in given:
            given[key] = str(FOLDER / given[key])
    return given


def line_of(row: Row, compat: str = "data_juicer") -> Line:
    """Return the recipe line that a fixture row was made with."""
    return read_recipe([{row["op"]: given_settings(row)}], "recipe", compat)[0]


def batch_of(*inputs: Row) -> Batch:
    """Return samples as a batch whose pictures are files of the fixtures."""
    pictures = Images(_picture, as_data_juicer=True)
    texts = [sample.get("text", "") for sample in inputs]
    return Batch(texts, [sample.get("images", []) for sample in inputs], pictures)


def _picture(name: str) -> bytes:
    # a function of the module, so that the batch can be sent to a process that was not forked off
    return (FOLDER / name).read_bytes()


def same(ours: Any, theirs: Any, tolerance: float = 0.0) -> bool:
    """Whether two values are equal; floats within an absolute tolerance, lists item by item."""
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return False
        return all(same(*pair, tolerance) for pair in zip(ours, theirs, strict=True))
    if isinstance(theirs, float) or isinstance(ours, float):
        return math.isclose(ours, theirs, rel_tol=0, abs_tol=tolerance)
    return ours == theirs


def stat_differences(ours: Row, row: Row) -> list[str]:
    """Return where the stats of one sample are not those of Data-Juicer."""
    return [
        f"{row['input']}: {stat} is {ours.get(stat)!r}, in Data-Juicer {value!r}"
        for stat, value in row["stats"].items()
        if stat not in ours or not same(ours[stat], value, TOLERANCES.get(stat, 0.0))
    ]


def differences(group: Sequence[Row]) -> list[str]:
    """Return where values (or hashes) and decisions are not those of Data-Juicer."""
    line = line_of(group[0])
    batch = batch_of(*(samples()[row["input"]] for row in group))
    measured = measure_good(line.operator, line.measuring, batch)
    flags = line.operator.keep(measured.values, line.deciding)
    place_of = {position: place for place, position in enumerate(measured.positions)}
    lines = []
    for position, row in enumerate(group):
        if ("error" in row) != (position in measured.bad):
            lines.append(f"{row}: {measured.bad.get(position, 'measured')}")
        if position in measured.bad:
            continue
        place = place_of[position]
        ours = {stat: column[place] for stat, column in measured.values.items()}
        if "hash" in row:
            if next(iter(ours.values())) != row["hash"]:
                lines.append(f"{row}: {ours}")
            continue
        lines += stat_differences(ours, row)
        if bool(flags[place]) != row["keep"]:
            lines.append(f"{row}: kept is {flags[place]}")
    return lines


def export_differences(group: Sequence[Row]) -> list[str]:
    """Run a recipe of one line in the current folder; return where its export is another."""
    inputs = {row["input"]: samples()[row["input"]] for row in group}
    written = []
    for name, sample in inputs.items():
        images = [str(FOLDER / path) for path in sample.get("images", [])]
        written.append({"id": name, "text": sample.get("text", ""), "images": images})
    dataset(written)
    exported = run(
        [{group[0]["op"]: given_settings(group[0])}],
        keep_stats_in_res_ds=True,
        use_cache=False,
        compat="data_juicer",
        max_reject_share=1.0,
    )
    lines = []
    rejects = Path("out_rejects.jsonl")
    rejected = len(rejects.read_text().splitlines()) if rejects.exists() else 0
    expected = sum("error" in row for row in group)
    if rejected != expected:
        lines.append(f"{rejected} samples are set aside, in Data-Juicer {expected}")
    stats = {row["id"]: row["__dj__stats__"] for row in exported}
    kept = [row for row in group if row.get("keep")]
    if list(stats) != [row["input"] for row in kept]:
        lines.append(f"{list(stats)} are kept")
    for row in kept:
        lines += stat_differences(stats.get(row["input"], {}), row)
    return lines


def kept_of_corpus(row: Row) -> list[str]:
    """Return the ids that a deduplicator keeps of the corpus of dedup.jsonl."""
    corpus = rows("dedup")[0]["corpus"]
    line = line_of(row)
    measured = measure_good(line.operator, line.measuring, batch_of(*corpus))
    flags = line.operator.keep(measured.values, line.deciding)
    return [sample["id"] for sample, kept in zip(corpus, flags, strict=True) if kept]


def selected_ids(row: Row) -> list[Any]:
    """Return the ids that a selector chooses of the rows of select.jsonl, in its order."""
    data = rows("select")[0]["rows"]
    line = line_of(row)
    path = line.operator.field(line.deciding)
    values = [field_value(sample, path) for sample in data]
    return [data[position]["id"] for position in line.operator.select(values, line.deciding)]


def rewritten_inputs(group: Sequence[Row]) -> list[str]:
    """Return what a mapper makes of the texts of the rows."""
    line = line_of(group[0])
    texts = [samples()[row["input"]]["text"] for row in group]
    return line.operator.rewrite(texts, line.deciding)
