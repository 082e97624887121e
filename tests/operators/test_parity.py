"""Every value and decision of Data-Juicer 1.6.1 that the fixtures hold, one case for each operator and its settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.parity import FOLDER, PATH_SETTINGS, batch_of, by_line, line_of, rows, same, samples
from support.small_run import dataset, run

from bettersynth.measuring.field_values import field_value
from bettersynth.measuring.measure import measure_good
from bettersynth.operators.document_minhash_deduplicator import best_bands

INPUTS = samples()
CASES = [
    pytest.param(group, id=f"{first['op']}-{json.dumps(first['params'])}")
    for name in ("text_stats", "image_stats", "mm_stats", "hashes")
    for first, group in by_line([row for row in rows(name) if row.get("input") in INPUTS])
]


@pytest.mark.parametrize("group", CASES)
def test_values_and_decisions_are_data_juicers(group):
    line = line_of(group[0])
    measured = measure_good(
        line.operator, line.measuring, batch_of(*(INPUTS[row["input"]] for row in group))
    )
    flags = line.operator.keep(measured.values, line.deciding)
    place = {position: k for k, position in enumerate(measured.positions)}
    for position, row in enumerate(group):
        if "error" in row:
            assert position in measured.bad, row
            continue
        k = place[position]
        if "hash" in row:
            assert next(iter(measured.values.values()))[k] == row["hash"], row
            continue
        for stat, value in row["stats"].items():
            tolerance = 1e-6 if stat == "image_text_similarity" else 0.0
            assert same(measured.values[stat][k], value, tolerance), (row, measured.values[stat][k])
        assert bool(flags[k]) == row["keep"], row


STATS = [case for case in CASES if "stats" in case.values[0][0] or "error" in case.values[0][0]]


@pytest.mark.parametrize("group", STATS)
def test_a_recipe_exports_data_juicers_stats_and_rows(group, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs = {row["input"]: INPUTS[row["input"]] for row in group}
    dataset(
        [
            {
                "id": name,
                "text": sample.get("text", ""),
                "images": [str(FOLDER / path) for path in sample.get("images", [])],
            }
            for name, sample in inputs.items()
        ]
    )
    given = {
        key: str(FOLDER / value) if key in PATH_SETTINGS else value
        for key, value in group[0]["params"].items()
    }
    exported = run(
        [{group[0]["op"]: given}],
        keep_stats_in_res_ds=True,
        use_cache=False,
        compat="data_juicer",
        max_reject_share=1.0,
    )
    stats = {row["id"]: row["__dj__stats__"] for row in exported}
    rejects = Path("out_rejects.jsonl")
    assert (len(rejects.read_text().splitlines()) if rejects.exists() else 0) == sum(
        "error" in row for row in group
    )
    assert list(stats) == [row["input"] for row in group if row.get("keep")]
    for row in group:
        for stat, value in row["stats"].items() if row.get("keep") else ():
            assert same(
                stats[row["input"]][stat], value, 1e-6 if stat == "image_text_similarity" else 0.0
            ), row


@pytest.mark.parametrize("row", rows("keep"), ids=json.dumps)
def test_bounds_open_closed_and_reversed_are_data_juicers(row):
    line = line_of(row)
    values = {stat: [value] for stat, value in row["stats"].items()}
    assert bool(line.operator.keep(values, line.deciding)[0]) == row["keep"]


@pytest.mark.parametrize(
    "row",
    [row for row in rows("dedup") if "op" in row],
    ids=lambda row: json.dumps([row["op"], row["params"]]),
)
def test_deduplicators_keep_what_data_juicer_keeps(row):
    corpus = rows("dedup")[0]["corpus"]
    line = line_of(row)
    flags = line.operator.keep(
        measure_good(line.operator, line.measuring, batch_of(*corpus)).values, line.deciding
    )
    assert [sample["id"] for sample, kept in zip(corpus, flags, strict=True) if kept] == row["kept"]


@pytest.mark.parametrize(
    "row",
    [row for row in rows("hashes") if "optimal_param" in row],
    ids=lambda row: str(row["optimal_param"]),
)
def test_bands_and_rows_are_data_juicers(row):
    assert best_bands(*row["optimal_param"]) == (row["num_bands"], row["num_rows_per_band"])


@pytest.mark.parametrize(
    "row",
    [row for row in rows("select") if "op" in row],
    ids=lambda row: json.dumps([row["op"], row["params"]]),
)
def test_selectors_choose_the_same_rows_in_the_same_order(row):
    data = rows("select")[0]["rows"]
    line = line_of(row)
    values = [field_value(sample, line.operator.field(line.deciding)) for sample in data]
    assert [data[k]["id"] for k in line.operator.select(values, line.deciding)] == row["kept"]


@pytest.mark.parametrize(
    "group",
    [
        pytest.param(g, id=f"{f['op']}-{json.dumps(f['params'])}")
        for f, g in by_line(rows("mappers"))
    ],
)
def test_mappers_write_the_same_text(group):
    line = line_of(group[0])
    written = line.operator.rewrite([INPUTS[row["input"]]["text"] for row in group], line.deciding)
    assert written == [row["text"] for row in group]
