"""A sample of the pairs as a folder of static files, to share with people who have no copy."""

from __future__ import annotations

import dataclasses
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from bettersynth.data.files.whole_folder import whole_folder
from bettersynth.errors import UserError
from bettersynth.experiments.browse.column_kinds import LABELS
from bettersynth.experiments.browse.looks import Looks
from bettersynth.experiments.browse.query import Query, found_rows
from bettersynth.experiments.history.data_difference import evenly

# pairs of a group, drawn evenly
EACH = 24
PAGE = "index.html"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
NOT_A_VALUE = frozenset("id caption kept rule reason planted original_caption donor_id".split())


@dataclasses.dataclass(frozen=True)
class Group:
    """Some of `of` pairs that have something in common."""

    title: str
    of: int
    pairs: list[dict[str, Any]]


def export_page(looks: Looks, folder: Path) -> Path:
    """Write `index.html`, its style and pictures to `folder`, whole or not at all; return the page.

    An older export of this name is replaced.

    Raises:
        UserError: the folder is no export, or a picture is missing.
    """
    if folder.exists() and not _is_export(folder):
        raise UserError(f"{folder} exists and is no page of browse; name another with --export")
    with whole_folder(folder) as fresh:
        _write(looks, fresh)
    return folder / PAGE


def _is_export(folder: Path) -> bool:
    page = folder / PAGE
    return page.is_file() and b"bettersynth browse --export" in page.read_bytes()[:1000]


def _write(looks: Looks, folder: Path) -> None:
    (folder / "pictures").mkdir()
    content: dict[str, Any] = {
        "name": looks.pairs.name,
        "rows": f"{len(looks.pairs):,}",
        "lines": [],
        "sentence": "",
        "groups": _groups(looks, folder),
    }
    if looks.pairs.recipe and "kept" in looks.pairs.columns:
        content |= _recipe(looks)
    room = files("bettersynth.experiments.browse")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    page = environment.from_string(room.joinpath("export.html").read_text(encoding="utf-8"))
    (folder / PAGE).write_text(page.render(**content), encoding="utf-8")
    (folder / "page.css").write_bytes(room.joinpath("page.css").read_bytes())


def _recipe(looks: Looks) -> dict[str, Any]:
    """Return the recipe's lines with their counts, and how well it finds what is faulty."""
    answer = looks.moved([], "", "")["answer"]
    kept = answer["kept"][0]
    sentence = f"The recipe keeps {kept:,} of {len(looks.pairs):,} pairs."
    for quality, _ in answer["quality"]:
        if quality["precision"] is not None and quality["recall"] is not None:
            sentence += (
                f" Of the {quality['faulty']:,} {quality['by']} it finds {quality['found']:,}: "
                f"precision {quality['precision']:.1%}, recall {quality['recall']:.1%}."
            )
    return {"lines": answer["lines"], "sentence": sentence}


def _groups(looks: Looks, folder: Path) -> list[Group]:
    """Return the kept pairs, those that each rule dropped, and the recaptioned ones.

    All pairs as one group where the filter has not run.
    """
    pairs = looks.pairs
    if "kept" not in pairs.columns:
        return [_group(looks, folder, "Pairs", Query())]
    asked = {"Kept": Query(chosen={"kept": [True]})}
    if pairs.planted is not None:
        asked["Kept with a wrong caption"] = Query(chosen={"kept": [True], "planted": [True]})
    for rule in sorted(set(pairs.column("rule").to_pylist()) - {""}):
        asked[f"Dropped by {rule}"] = Query(chosen={"rule": [rule]})
    if "candidate" in pairs.columns:
        in_training = {"candidate": [0, None], "weight": [1, None]}
        asked["Trained on with a new caption"] = Query(between=in_training)
    groups = [_group(looks, folder, title, query) for title, query in asked.items()]
    return [group for group in groups if group.of]


def _group(looks: Looks, folder: Path, title: str, query: Query) -> Group:
    rows = found_rows(looks.pairs, looks.marks, query)
    shown = looks.shown(rows[evenly(len(rows), EACH)])
    return Group(title, len(rows), [_card(looks, folder, pair) for pair in shown])


def _card(looks: Looks, folder: Path, pair: dict[str, Any]) -> dict[str, Any]:
    values = pair["values"]
    badges: list[tuple[str, str]] = []
    if "kept" in values:
        rule = values["rule"].replace("_", " ")
        badges.append(("kept", "✓ kept") if values["kept"] else ("dropped", f"✕ {rule}"))
    if values.get("planted"):
        badges.append(("planted", "⚑ planted"))
    new: list[dict[str, Any]] = []
    for caption in pair["new"]:
        chosen = caption["candidate"] == values.get("candidate") and values["weight"] > 0
        words = {"number": caption["candidate"], "text": caption["caption"], "chosen": chosen}
        new.append(words)
    return {
        "picture": _picture(looks, folder, pair),
        "badges": badges,
        "caption": values["caption"],
        "original": values["original_caption"] if values.get("planted") else "",
        "new": new,
        "reason": values.get("reason", ""),
        "numbers": _numbers(values),
    }


def _picture(looks: Looks, folder: Path, pair: dict[str, Any]) -> str:
    """Write the pair's first picture; return its path in the folder, "" if it has none."""
    if not pair["pictures"]:
        return ""
    content, kind = looks.pictures.shown(pair["row"], 0)
    # named by the row: an id may hold anything
    name = f"pictures/{pair['row']}.{ENDINGS[kind]}"
    (folder / name).write_bytes(content)
    return name


def _numbers(values: dict[str, Any]) -> list[tuple[str, str]]:
    numbers: list[tuple[str, str]] = []
    for name, value in values.items():
        if name in NOT_A_VALUE or value in (None, "", []) or isinstance(value, bool):
            continue
        items = value if isinstance(value, list) else [value]
        words = [f"{item:.4g}" if isinstance(item, float) else str(item) for item in items]
        numbers.append((LABELS.get(name, name.replace("_", " ")), ", ".join(words)))
    return numbers
