"""The stage-1 training set, `data/mix/`: what is trained on, and why.

- `train.json`: LLaVA json, one entry a visit, in training order
- `mix.parquet`: one row a sample in training: id, caption_source, candidate, weight
- `decisions.parquet`: one row a pool sample, with every value, verdict and the reason in words
- `card.json`: the data card
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from bettersynth.data.files.writing import complete_or_absent, write_json, write_parts, write_table
from bettersynth.data.tables.made_files import read_made_object

MIX = Path("data/mix")
TRAIN = MIX / "train.json"
MIX_TABLE = MIX / "mix.parquet"
MIX_DECISIONS = MIX / "decisions.parquet"
MIX_CARD = MIX / "card.json"
CARD_PARTS = ("detectors", "drawn", "planted", "similarity", "sources", "types")


def write_train(entries: Iterable[dict[str, Any]]) -> None:
    """Write LLaVA entries as they come, one a line, so that no long list is held."""
    with (
        complete_or_absent(TRAIN) as temporary,
        open(temporary, "w", encoding="utf-8") as stream,
    ):
        stream.write("[\n")
        between = ""
        for entry in entries:
            # one entry a line, so that two training sets can be told apart by `diff`
            stream.write(between + json.dumps(entry, ensure_ascii=False))
            between = ",\n"
        stream.write("\n]\n")


def write_mix_table(table: pa.Table) -> None:
    """Write `data/mix/mix.parquet`."""
    write_table(MIX_TABLE, table)


def write_mix_decisions(parts: Iterable[pa.Table]) -> None:
    """Write `data/mix/decisions.parquet`; its parts are as `write_parts` takes them."""
    write_parts(MIX_DECISIONS, parts)


def write_mix_card(card: dict[str, Any]) -> None:
    """Write `data/mix/card.json`."""
    write_json(MIX_CARD, card)


def read_mix_card() -> dict[str, Any]:
    """Return what `write_mix_card` wrote.

    Raises:
        UserError: the mix has not run, or the file is damaged.
    """
    return read_made_object(MIX_CARD, has={"counts": dict}, may_have=CARD_PARTS)
