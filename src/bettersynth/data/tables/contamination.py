"""`data/contamination/`: what of the training data the benchmarks hold too.

- `findings.parquet`: one row a sample and thing found, in the order of the data
- `card.json`: how much was compared, and how many samples hold what
- `dropped.json`: what neither training stage may use: pool ids, rows of the instruction data
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.writing import write_json, write_table
from bettersynth.data.tables.made_files import read_made_object
from bettersynth.errors import UserError

CONTAMINATION = Path("data/contamination")
FINDINGS_NAME = "findings.parquet"
CARD_NAME = "card.json"
DROPPED = CONTAMINATION / "dropped.json"
KINDS = ("same picture", "copied picture", "question", "answer")
"""`same picture`: equal bytes. `copied picture`: resized, recompressed or cropped. `question`: the
text holds a question that is asked of one picture alone. `answer`: the text holds an answer."""

FINDING_SCHEMA = pa.schema(
    [
        ("set", pa.string()),  # pool or instruction
        ("row", pa.int64()),  # in that set, from 0
        ("id", pa.string()),
        ("kind", pa.string()),  # one of `KINDS`
        ("benchmark", pa.string()),  # mmbench or textvqa
        ("item", pa.string()),  # MMBench's index; TextVQA's image id and question
        ("evidence", pa.string()),  # the words found, or how alike the pictures are
    ]
)


def require_own_folder(folder: Path) -> None:
    """Pass if findings written into `folder` replace nothing but older findings of one's own.

    Raises:
        UserError: it is the stage's, a file, or holds a card of something else.
    """
    if folder.resolve() == CONTAMINATION.resolve():
        raise UserError(f"--output {folder} is the stage's own folder; name another")
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--output {folder} is a file; name a folder")
    if (folder / CARD_NAME).exists() and not (folder / FINDINGS_NAME).exists():
        raise UserError(f"--output {folder} holds a {CARD_NAME} of something else; name another")


def write_contamination(
    folder: Path, findings: Sequence[Mapping[str, Any]], card: Mapping[str, Any]
) -> None:
    """Write the findings and the card into `folder`."""
    table = pa.Table.from_pylist([dict(row) for row in findings], schema=FINDING_SCHEMA)
    write_table(folder / FINDINGS_NAME, table)
    write_json(folder / CARD_NAME, card)


def read_contamination_card() -> dict[str, Any]:
    """Return how many samples hold what: `benchmark_pictures`, `sets`, `dropped` by set.

    Raises:
        UserError: the stage has not run, or the file is damaged.
    """
    return read_made_object(CONTAMINATION / CARD_NAME, has={"sets": dict}, may_have=["dropped"])


def write_dropped(pool: Sequence[str], instruction: Sequence[int]) -> None:
    """Write which pool ids, and which rows of the instruction data from 0, are not trained on."""
    write_json(DROPPED, {"pool": list(pool), "instruction": list(instruction)})


def dropped_of_pool() -> set[str]:
    """Return the ids of the pool that are not trained on.

    Raises:
        UserError: the stage has not run, or the file is damaged.
    """
    return set(_dropped("pool"))


def dropped_of_instruction() -> set[int]:
    """Return the rows of the instruction data, from 0, that are not trained on.

    Raises:
        UserError: the stage has not run, or the file is damaged.
    """
    return set(_dropped("instruction"))


def _dropped(name: str) -> list[Any]:
    return read_made_object(DROPPED, has={name: list})[name]
