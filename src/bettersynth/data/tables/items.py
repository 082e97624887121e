"""`results/items.parquet`: one row a benchmark, seed and item, with its score by every protocol.

All scores, intervals and comparisons are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from bettersynth.data.files.writing import write_table
from bettersynth.data.tables.made_files import read_made_table

ITEMS = Path("results/items.parquet")

PROBABILITY = "probability"
"""MMBench: how likely the right option is among a question's options; no answer is chosen."""
CHOICE_PROTOCOLS = (
    "likelihood",
    "likelihood_minus_prior",
    PROBABILITY,
    "strict",
    "circular",
    "vanilla",
)
EXTRACTIONS = ("vlmevalkit", "vlmevalkit-2024", "lmms-eval")
TEXT_PROTOCOL = "accuracy"
NORMALISERS = ("llava", "vlmevalkit")
WITHOUT_PICTURE = "likelihood_without_picture"
"""MMBench by likelihood where the trained model is not shown the picture: words alone."""


def harness_column(measure: str, harness: str) -> str:
    """Return the column of `circular`, `vanilla` or `accuracy` by one harness's rules.

    It is the same whatever the settings chose.
    """
    return f"{measure}_{harness.replace('-', '_')}"


def _score_columns() -> list[str]:
    columns = [*CHOICE_PROTOCOLS, TEXT_PROTOCOL]
    for measure in ("circular", "vanilla"):
        columns += [harness_column(measure, harness) for harness in EXTRACTIONS]
    return columns + [harness_column(TEXT_PROTOCOL, harness) for harness in NORMALISERS]


# the order of the columns is part of the file's bytes, which DVC hashes
ITEM_SCHEMA = pa.schema(
    [
        ("benchmark", pa.string()),
        ("seed", pa.int32()),
        ("item", pa.string()),
        ("picture", pa.string()),
        ("category", pa.string()),
        ("l2_category", pa.string()),
        ("question", pa.string()),
        ("answer", pa.string()),
        ("prediction", pa.string()),
        ("likeliest", pa.string()),
        ("rows", pa.int32()),
        ("chance", pa.float64()),
        ("options", pa.string()),
        *((column, pa.float64()) for column in _score_columns()),
        (WITHOUT_PICTURE, pa.float64()),
    ]
)
"""`item`: base index (MMBench), or `IMAGE_ID QUESTION` (TextVQA).
`picture`: equal for items that ask about one picture; intervals and tests resample pictures.
`chance`: of guessing one row right (MMBench).
`options`: the beginning of a hash of the options in order (MMBench), which tells questions apart.
`prediction` is what was generated for the base row, `likeliest` the text of the option that the
likelihood protocol picks.
Scores are in [0, 1], null where a protocol is not the benchmark's; `vanilla` is the share right of
the item's `rows` rolled rows, `probability` the right option's.
`circular`, `vanilla` and `accuracy` follow the settings; the columns with a harness's name show
them side by side."""


def item_table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return the table of these rows; what a row lacks is null."""
    columns = {}
    for field in ITEM_SCHEMA:
        columns[field.name] = pa.array([row.get(field.name) for row in rows], field.type)
    return pa.table(columns, schema=ITEM_SCHEMA)


def write_items(items: pa.Table) -> None:
    """Write the items of a run."""
    write_table(ITEMS, items)


def read_items(path: Path = ITEMS) -> pa.Table:
    """Return the items of the last run, or those of another at `path`."""
    return completed(read_made_table(path))


def completed(items: pa.Table) -> pa.Table:
    """Return items with the columns that versions before they were added did not write.

    The picture is read from a TextVQA item's name; each MMBench question had one of its own.
    """
    if "picture" not in items.column_names:
        pictures = []
        for benchmark, item in zip(
            items["benchmark"].to_pylist(), items["item"].to_pylist(), strict=True
        ):
            pictures.append(item.partition(" ")[0] if benchmark == "textvqa" else item)
        items = items.append_column("picture", pa.array(pictures, pa.string()))
    for name in (WITHOUT_PICTURE, PROBABILITY):
        if name not in items.column_names:
            nothing = pa.nulls(items.num_rows, pa.float64())
            items = items.append_column(name, nothing)
    if "options" not in items.column_names:
        items = items.append_column("options", pa.nulls(items.num_rows, pa.string()))
    return items
