"""`bettersynth diff A B`: how two experiments differ in training data, settings and cost, whatever came of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from bettersynth.data.samples.text_form import caption_of_text
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import (
    Experiment,
    Reader,
    load_experiment,
    table_of,
    training_set,
)
from bettersynth.experiments.history.costs import Cost, add_up

EXAMPLES = 6
KINDS = ("added", "removed", "recaptioned", "reweighted")
SAMPLES, CANDIDATES = "data/pool/samples.parquet", "data/caption/candidates.parquet"


@dataclasses.dataclass(frozen=True)
class Example:
    """One sample that differs, with its caption and visits in each experiment; "" where it is not in training or no caption is at hand."""

    id: str
    first: str
    second: str


@dataclasses.dataclass(frozen=True)
class DataDifference:
    """What differs between two training sets, in samples. Examples are drawn evenly over the ids in order.

    `overlap` is shared samples / samples in either; `visit_overlap` the same over visits, a caption of another source being another.
    """

    other: str
    reference_samples: int
    other_samples: int
    shared: int
    added: int
    removed: int
    recaptioned: int
    reweighted: int
    overlap: float
    visit_overlap: float
    examples: dict[str, list[Example]]


@dataclasses.dataclass(frozen=True)
class CostDifference:
    """What an experiment took, all in all and for the stages whose outputs are not the first experiment's."""

    name: str
    total: Cost
    own: Cost


def diff(first_name: str, second_name: str, examples: int = EXAMPLES) -> str:
    """Return what is printed: data with examples, settings, cost.

    Raises:
        UserError: one cannot be found, or has no training set.
    """
    first, second = load_experiment(first_name), load_experiment(second_name)
    data = data_difference(first, second, examples)
    if data is None:
        lacking = first_name if training_set(first) is None else second_name
        raise UserError(
            f"{lacking} has no training set (data/mix/mix.parquet); run `snakemake --cores all data/mix/mix.parquet`"
        )
    lines = [
        f"data: {first_name} has {data.reference_samples:,} samples, {second_name} {data.other_samples:,}; {data_sentence(data)}"
    ]
    for kind in KINDS:
        for example in data.examples[kind]:
            lines.append(
                f"  {kind:12}{example.id}: {' -> '.join(side for side in (example.first, example.second) if side)}"
            )
    params = param_differences([first, second])
    lines += [f"settings: {len(params)} differ"] + [
        f"  {path}: {' -> '.join(map(str, values))}" for path, values in params.items()
    ]
    return "\n".join([*lines, *(cost_sentence(cost) for cost in cost_differences([first, second]))])


def data_difference(
    first: Experiment, second: Experiment, examples: int = EXAMPLES
) -> DataDifference | None:
    """Return how the training sets differ; None where one of them is not at hand."""
    tables = [
        table for experiment in (first, second) if (table := training_set(experiment)) is not None
    ]
    if len(tables) < 2:
        return None
    one, two = ({row["id"]: row for row in table.to_pylist()} for table in tables)
    shared = [sample for sample in one if sample in two]
    changes = {
        "added": [sample for sample in two if sample not in one],
        "removed": [sample for sample in one if sample not in two],
        "recaptioned": [s for s in shared if _caption_key(one[s]) != _caption_key(two[s])],
        "reweighted": [s for s in shared if one[s]["weight"] != two[s]["weight"]],
    }
    shown = {kind: [ids[k] for k in _spread(len(ids), examples)] for kind, ids in changes.items()}
    wanted = {sample for ids in shown.values() for sample in ids}
    sides = [
        (rows, captions(experiment.read, rows, wanted))
        for rows, experiment in ((one, first), (two, second))
    ]
    described = {
        kind: [Example(s, *(_side(rows, texts, s) for rows, texts in sides)) for s in ids]
        for kind, ids in shown.items()
    }
    visits = [{_caption_key(row): row["weight"] for row in rows.values()} for rows in (one, two)]
    either = visits[0].keys() | visits[1].keys()
    common = sum(min(visits[0].get(key, 0), visits[1].get(key, 0)) for key in either)
    most = sum(max(visits[0].get(key, 0), visits[1].get(key, 0)) for key in either)
    return DataDifference(
        second.name,
        len(one),
        len(two),
        len(shared),
        **{kind: len(ids) for kind, ids in changes.items()},
        overlap=len(shared) / max(1, len(one.keys() | two.keys())),
        visit_overlap=common / max(1, most),
        examples=described,
    )


def _caption_key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["id"], row["caption_source"], row["candidate"]


def _spread(count: int, wanted: int) -> list[int]:
    """Return up to `wanted` positions, evenly over `count`."""
    return (
        np.unique(np.linspace(0, count - 1, min(count, wanted)).astype(int)).tolist()
        if count and wanted
        else []
    )


def captions(read: Reader, rows: dict[str, dict[str, Any]], wanted: set[str]) -> dict[str, str]:
    """Return the captions in training of the `wanted` ids among `rows`, as far as the experiment's pool and candidates are at hand."""
    found: dict[str, str] = {}
    ids = [sample for sample in sorted(wanted) if sample in rows]
    original = _texts(read, SAMPLES, ("id",)) if ids else {}
    made = (
        _texts(read, CANDIDATES, ("id", "candidate"))
        if any(rows[s]["candidate"] >= 0 for s in ids)
        else {}
    )
    for sample in ids:
        number = rows[sample]["candidate"]
        text = original.get((sample,)) if number < 0 else made.get((sample, number))
        if text is not None:
            found[sample] = caption_of_text(text)
    return found


def _texts(read: Reader, path: str, keys: Sequence[str]) -> dict[tuple[Any, ...], str]:
    content = read(path)
    if content is None:
        return {}
    table = table_of(content, path, [*keys, "text"])
    return dict(
        zip(
            zip(*(table[key].to_pylist() for key in keys), strict=True),
            table["text"].to_pylist(),
            strict=True,
        )
    )


def _side(rows: dict[str, dict[str, Any]], texts: dict[str, str], sample: str) -> str:
    if sample not in rows:
        return ""
    row = rows[sample]
    source = "" if row["caption_source"] == "original" else f" by {row['caption_source']}"
    return f"{repr(texts[sample]) if sample in texts else 'caption'}{source}, visited {row['weight']} times"


def data_sentence(data: DataDifference) -> str:
    """Return the counts of a data difference in words."""
    counts = ", ".join(f"{getattr(data, kind):,} {kind}" for kind in KINDS)
    return f"{counts}, {data.shared:,} shared (overlap {100 * data.overlap:.1f} %, of visits {100 * data.visit_overlap:.1f} %)"


def param_differences(runs: Sequence[Experiment]) -> dict[str, list[Any]]:
    """Return every setting, by its path, that is not the same in all runs that carry params."""
    flat = [_flatten(run.params) if run.params is not None else None for run in runs]
    names = sorted({name for settings in flat if settings is not None for name in settings})
    rows = {
        name: ["?" if settings is None else settings.get(name, "-") for settings in flat]
        for name in names
    }
    known = {
        name: [v for v, settings in zip(row, flat, strict=True) if settings is not None]
        for name, row in rows.items()
    }
    return {
        name: row
        for name, row in rows.items()
        if any(value != known[name][0] for value in known[name])
    }


def _flatten(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        inner = [_flatten(v, f"{path}.{k}" if path else str(k)) for k, v in value.items()]
        return {k: v for part in inner for k, v in part.items()}
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        inner = [_flatten(v, f"{path}[{k}]") for k, v in enumerate(value)]
        return {k: v for part in inner for k, v in part.items()}
    return {path: value}


def cost_differences(runs: Sequence[Experiment]) -> list[CostDifference]:
    """Return the costs of each run that has a `dvc.lock`; what the first has in common with another counts as the first's."""
    outputs = [
        {name: _outputs(stage) for name, stage in (run.lock.get("stages") or {}).items()}
        for run in runs
    ]
    found = []
    for run, made in zip(runs, outputs, strict=True):
        if made:
            own = [
                run.costs[name]
                for name in made
                if run is runs[0] or made[name] != outputs[0].get(name)
            ]
            found.append(CostDifference(run.name, add_up(list(run.costs.values())), add_up(own)))
    return found


def _outputs(stage: dict[str, Any]) -> dict[str, str]:
    return {out["path"]: out.get("md5", "") for out in stage.get("outs", [])}


def cost_sentence(cost: CostDifference) -> str:
    """Return a cost in words."""
    if not cost.total.known:
        return f"cost of {cost.name}: no record in this clone"
    text = f"cost of {cost.name}: {_seconds(cost.total)} over {cost.total.known} of {cost.total.stages} stages"
    return (
        text
        if cost.own == cost.total
        else f"{text}; {_seconds(cost.own)} for the {cost.own.stages} whose outputs are its own"
    )


def _seconds(cost: Cost) -> str:
    parts = [f"{cost.cpu_seconds or 0:,.0f} CPU seconds"] + (
        [f"{cost.gpu_seconds:,.0f} GPU seconds"] if cost.gpu_seconds else []
    )
    return " and ".join(parts)
