"""Small data sets and recipes in the current folder, for the tests of `bettersynth run`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bettersynth.recipes.engine.run import run_recipe

FIXTURES = Path(__file__).parents[1] / "fixtures" / "operators"


def dataset(rows: Sequence[dict[str, Any]], path: str = "data.jsonl") -> None:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def run(process: Sequence[Any], **settings: Any) -> list[dict[str, Any]]:
    """Run a recipe over `data.jsonl` (unless `dataset_path` says otherwise); returns the exported
    rows.
    """
    recipe = {
        "dataset_path": "data.jsonl",
        "export_path": "out.jsonl",
        "process": list(process),
        **settings,
    }
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    run_recipe(Path("recipe.yaml"))
    with open(
        recipe["export_path"], "rb"
    ) as stream:  # a text may hold other line ends than this file's
        return [json.loads(line) for line in stream]
