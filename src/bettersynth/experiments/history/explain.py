"""A sample's whole history in an experiment: where it came from, each value, bound and decision,
the captions tried, its final weight.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import parse_json, require_mapping
from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.data.tables.candidates import CANDIDATES
from bettersynth.data.tables.decisions import DECISIONS, FILTER_CARD
from bettersynth.data.tables.drawn import DRAWN, FIRST_DRAWN, version_name
from bettersynth.data.tables.mix import MIX_DECISIONS
from bettersynth.data.tables.rejects import REJECTS
from bettersynth.data.tables.restats import KEYS, RESTATS
from bettersynth.data.tables.rewritten import REWRITTEN
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.data.tables.stats import stats_path
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import (
    PARAMS,
    WORKSPACE,
    Reader,
    params_of,
    reader_of,
    table_of,
)
from bettersynth.recipes.left_out import RANDOM
from bettersynth.recipes.lines import stat_of_label

RANDOM_SELECTOR = "random_selector"
# characters; of a longer value the beginning is shown
LONG_TEXT = 80

Row = dict[str, Any]


def explain(sample_id: str, name: str = WORKSPACE) -> str:
    """Return the history of `sample_id`, one fact a line.

    `name` is the workspace, a folder, a commit or a DVC experiment.

    Raises:
        UserError: the pipeline has not got as far as the pool, or no sample has this id (near ones
            are named).
    """
    read = reader_of(name)
    if read(SAMPLES) is None:
        where = "yet" if name == WORKSPACE else f"in {name}"
        raise UserError(f"{SAMPLES} does not exist {where}; run `snakemake --cores all {SAMPLES}`")
    sample = _first(read, SAMPLES, sample_id)
    if sample is None:
        return _rejected(read, sample_id)
    lines = [sample_id, *_source(sample)]
    split = sample["split"]
    if split != "pool":
        lines.append(f"  split     {split}: not among the samples that stage 1 chooses from")
        return "\n".join(lines)
    final = _first(read, MIX_DECISIONS, sample_id) or {}
    lines += _rewritten(read, sample_id)
    lines += _rules(read, sample_id, final, sample.get("judged", True))
    lines += _captions(read, sample_id, final)
    if final:
        lines += _weight(final, sample.get("type", "caption"))
    return "\n".join(lines)


def _rejected(read: Reader, sample_id: str) -> str:
    """Return why the pool step set a picture aside.

    Raises:
        UserError: it did not see one of this id.
    """
    rejected = _first(read, REJECTS, sample_id)
    if rejected:
        images = ", ".join(rejected["images"] or [])
        return f"{sample_id}\n  set aside by pool: {rejected['reason']} ({images})"
    samples = table_of(read(SAMPLES) or b"", str(SAMPLES), ["id"])
    near = difflib.get_close_matches(sample_id, samples["id"].to_pylist(), n=3)
    hint = f"near: {', '.join(near)}" if near else f"ids are listed in {MIX_DECISIONS}"
    raise UserError(f"no sample has the id {sample_id}; {hint}")


def _source(sample: Row) -> list[str]:
    shown = "no image"
    if sample["images"]:
        names = ", ".join(sample["images"])
        size = f"{sample['width'][0]}x{sample['height'][0]}, {sample['size_bytes'][0]} bytes"
        shown = f"image {names} ({size}, sha256 {sample['image_sha256'][0][:12]})"
    # a column of a pool of several sources
    kind = f"{sample['type']}, " if sample.get("type", "caption") != "caption" else ""
    return [
        f"  source    {sample['source']}, {kind}split {sample['split']}, {shown}",
        f"  caption   {caption_of_text(sample['text'])!r}",
    ]


def _rewritten(read: Reader, sample_id: str) -> list[str]:
    """Return what mappers made of the caption, if they changed it."""
    row = _first(read, REWRITTEN, sample_id)
    if row is None:
        return []
    return [f"  rewritten {caption_of_text(row['text'])!r} by {', '.join(row['mappers'])}"]


def _rules(read: Reader, sample_id: str, final: Row, judged: bool) -> list[str]:
    """Return a line for each operator: its values and, if the recipe has it, bounds and verdict.

    All is about the original caption.
    """
    values = _measured(read, sample_id)
    decision = _first(read, DECISIONS, sample_id)
    lines = []
    card = _filter_card(read)
    # such a draw is from the whole pool, whatever the rules say
    drawn = RANDOM in card.get("dropped_by", {})
    dropped = False
    used = set()
    for label, bounds in _bounds_of_rules(card).items():
        stat = stat_of_label(label)
        used.add(stat)
        if dropped or drawn:
            fate = _would(final.get(f"{label} keeps"))
        elif decision and decision["rule"] == label:
            dropped = True
            other_bound = decision["bound"] != bounds
            fate = f"DROPPED ({decision['bound']})" if other_bound else "DROPPED"
        else:
            fate = "kept" if judged else "not asked"
        allowed = f"; allowed {bounds}" if bounds else ""
        no_value = "draws at random" if stat == RANDOM_SELECTOR else "no value of its own"
        shown = values.get(stat, no_value)
        lines.append(f"  rule      {label}: {shown}{allowed}: {fate}")
    for stat, shown in values.items():
        if stat not in used:
            lines.append(f"  measured  {stat}: {shown}")
    # the controls `random` and `oracle`
    if decision and not decision["kept"] and not dropped:
        lines.append(f"  control   dropped by {decision['rule']}: {decision['bound']}")
    elif decision and decision["kept"]:
        kept = "drawn by the random control" if drawn else "kept by every rule"
        lines.append(f"  filter    {kept if judged else 'not asked: its source is not judged'}")
    return lines


def _filter_card(read: Reader) -> dict[str, Any]:
    """Return what the stage `filter` said of its decisions; nothing where it is not at hand."""
    content = read(FILTER_CARD)
    # an empty file is a damaged one, which is said
    if content is None:
        return {}
    card = parse_json(content, str(FILTER_CARD))
    require_mapping(card, str(FILTER_CARD), may_have=["bounds", "surviving", "dropped_by"])
    return card


def _bounds_of_rules(card: dict[str, Any]) -> dict[str, str]:
    """Return the bounds of each rule of the recipe, in words, by its label."""
    # a card that older code wrote has no bounds, only how many survived
    return card.get("bounds") or dict.fromkeys(card.get("surviving", {}), "")


def _measured(read: Reader, sample_id: str) -> dict[str, str]:
    """Return what was measured by the settings, as shown, by the stat's name."""
    params = params_of(read, PARAMS) or {}
    values = {}
    for name in params.get("stats") or {}:
        row = _first(read, stats_path(name), sample_id)
        if row:
            stats = [f"{stat} = {_short(value)}" for stat, value in row.items() if stat != "id"]
            values[name] = ", ".join(stats)
    return values


def _would(keeps: bool | None) -> str:
    """Return what a rule says of a sample that another decided on."""
    if keeps is None:
        return "not asked"
    return "would keep it" if keeps else "would drop it too"


def _captions(read: Reader, sample_id: str, final: Row) -> list[str]:
    """Return a line for each new caption or picture that was tried, with its values."""
    scores = {row["candidate"]: row for row in _rows(read, RESTATS, sample_id)}
    lines = []
    for row in _rows(read, CANDIDATES, sample_id):
        number = row["candidate"]
        text = f"  recaption {number} by {row['captioner']}: {caption_of_text(row['text'])!r}"
        lines.append(text + _measured_anew(scores, number, final))
    for row in _rows(read, DRAWN, sample_id):
        number = row["candidate"]
        text = (
            f"  picture   {number - FIRST_DRAWN} by {row['mapper']}: {row['images'][0]}, drawn by "
            f"{row['model']} ({row['model_hash']}), seed {row['seed']}, after {row['prompt']!r}"
        )
        lines.append(text + _measured_anew(scores, number, final))
    return lines


def _measured_anew(scores: dict[int, Row], number: int, final: Row) -> str:
    """Return the values of a new caption or picture, and whether it is trained on."""
    text = ""
    for stat, value in scores.get(number, {}).items():
        if stat not in KEYS and value is not None:
            text += f", {stat} = {_short(value)}"
    if final.get("candidate") == number and final.get("weight"):
        text += " <- in training"
    return text


def _weight(final: Row, kind: str) -> list[str]:
    caption = version_name(final["candidate"])
    if final["caption_source"] == "original":
        caption = "original caption" if kind == "caption" else "own turns"
    with_caption = f" with its {caption}" if final["weight"] else ""
    return [
        f"  mix       {final['reason']}",
        f"  weight    {final['weight']} visits{with_caption}",
    ]


def _rows(read: Reader, path: Path, sample_id: str) -> list[Row]:
    """Return the rows of a table that are about the sample; none where there is no table."""
    content = read(path)
    if content is None:
        return []
    return table_of(content, str(path), rows={"id": [sample_id]}).to_pylist()


def _first(read: Reader, path: Path, sample_id: str) -> Row | None:
    rows = _rows(read, path, sample_id)
    return rows[0] if rows else None


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    if isinstance(value, bytes):
        return f"{value[:8].hex()}... ({len(value)} bytes)"
    if isinstance(value, str) and len(value) > LONG_TEXT:
        return f"{value[:20]}... ({len(value)} characters)"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
