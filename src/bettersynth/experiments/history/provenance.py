"""`bettersynth explain --score`: from a number back to what it was made of, and whether that still
verifies.

That is code, recipe, data, seeds, models and machine. Everything is read from `dvc.lock`, which
holds the hash of every input and output of every stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import parse_json, require_mapping
from bettersynth.data.pool.card import CARD as POOL_CARD
from bettersynth.data.tables.benchmark import MMBENCH, TEXT_QUESTIONS
from bettersynth.data.tables.mix import CARD_PARTS, MIX_CARD, TRAIN
from bettersynth.data.tables.samples import SAMPLES
from bettersynth.data.tables.score import SCORE
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import (
    LOCK,
    WORKSPACE,
    Experiment,
    load_experiment,
    score_in,
)
from bettersynth.experiments.history.origins import code_words
from bettersynth.experiments.history.verification import (
    Check,
    Stages,
    hashes_of,
    is_inside,
    verify,
)

HEADLINES = ("total", "mmbench", "textvqa")
DATA = (
    "data/archives",
    str(SAMPLES),
    str(TRAIN),
    str(MMBENCH),
    str(TEXT_QUESTIONS),
)
# samples of the pool's card, by source
DROPPED = "dropped_for_an_earlier_source"
# digits of a hash that are shown
SHORT = 12
# paths that are named
MOST_UNSEEN = 3
MOST_BROKEN = 5


def explain_score(number: str = "", name: str = WORKSPACE) -> str:
    """Return where a number of `score.json` comes from and that it verifies.

    `number` is its key, "" for the headline numbers; `name` an experiment.

    Raises:
        UserError: no such experiment or number, no `dvc.lock`, or something does not verify (the
            text is printed before).
    """
    experiment = load_experiment(name)
    score = _score_of(experiment, number)
    all_stages = experiment.lock.get("stages", {})
    if "score" not in all_stages:
        raise UserError(
            f"{name} has no {LOCK} with the stage score; "
            "a folder of results alone cannot be traced back"
        )
    stages = upstream(all_stages, "score")
    keys = [number] if number else [key for key in HEADLINES if key in score]
    lines = [describe(score, key) for key in keys]
    lines.append(_line("code", code_words(name)))
    lines += _recipe(experiment.params or {})
    lines += _sources(experiment)
    lines += _hashes(stages)
    lines.append(_machine(experiment, stages))
    check = verify(experiment, stages)
    lines += _verified(check)
    text = "\n".join(lines)
    # what is known is shown even where it does not hold
    if check.broken:
        print(text)
        raise UserError(f"{SCORE} of {name} does not verify: {_broken(check)}")
    return text


def _score_of(experiment: Experiment, number: str) -> dict[str, Any]:
    name = experiment.name
    content = experiment.read(SCORE)
    if content is None:
        raise UserError(f"{name} has no {SCORE}; run `snakemake --cores all {SCORE}`")
    score = score_in(content, f"{SCORE} of {name}")
    if number and number not in score:
        raise UserError(
            f"{SCORE} of {name} has no number {number}; its numbers are: {', '.join(score)}"
        )
    return score


def describe(score: Mapping[str, Any], key: str) -> str:
    """Return a number with its interval and how it was measured."""
    text = f"{key} = {score[key]}"
    if f"{key}_low" in score:
        text += f" ({score[f'{key}_low']} to {score[f'{key}_high']}, 95 %)"
    if key == "mmbench":
        text += f", protocol {score['mmbench_protocol'].replace('_', ' ')}"
    return f"{text}, {score.get('seeds')} seeds"


def upstream(stages: Stages, last: str) -> dict[str, Any]:
    """Return the stages that `last` comes from, itself among them, in the order of `stages`."""
    makers = {}
    for name, stage in stages.items():
        for output in stage.get("outs", []):
            makers[output["path"]] = name
    needed: set[str] = set()
    to_do = [last]
    while to_do:
        name = to_do.pop()
        if name in needed:
            continue
        needed.add(name)
        for dependency in stages[name].get("deps", []):
            path = dependency["path"]
            for output, maker in makers.items():
                # a stage may read a file of an output that is a folder, or a folder of outputs
                if is_inside(output, path) or is_inside(path, output):
                    to_do.append(maker)
    return {name: stage for name, stage in stages.items() if name in needed}


def _line(label: str, text: str) -> str:
    return f"{label:11}{text}"


def _recipe(params: Mapping[str, Any]) -> list[str]:
    """Return the filter's lines, the controls, the mix and the seeds."""
    operators = _operators((params.get("filter") or {}).get("recipe") or [])
    lines = _labelled("recipe", operators or ["every sample of the pool"])
    controls = []
    for section in ("filter", "mix"):
        for key in ("control", "oracle"):
            value = (params.get(section) or {}).get(key)
            if value:
                controls.append(f"{section}.{key}: {value}")
    if controls:
        lines.append(_line("control", ", ".join(controls)))
    mix = params.get("mix") or {}
    lines.append(_line("mix", ", ".join(f"{key} {value}" for key, value in mix.items())))
    seeds = params.get("seeds") or []
    lines.append(_line("seeds", ", ".join(map(str, seeds))))
    return lines


def _sources(experiment: Experiment) -> list[str]:
    """Return the samples and visits of each source and type, where the mix counted several."""
    card = _card(experiment, MIX_CARD, CARD_PARTS)
    texts = []
    for part in ("sources", "types"):
        groups = card.get(part, {})
        require_mapping(groups, f"{MIX_CARD}: {part}", may_have=list(groups))
        for name, counts in groups.items():
            texts.append(f"{name}: {counts['samples']:,} samples, {counts['visits']:,} visits")
    pool_card = _card(experiment, POOL_CARD, [DROPPED])
    for name, count in pool_card.get(DROPPED, {}).items():
        if count:
            texts.append(
                f"{name}: {count:,} samples dropped, their pictures are an earlier source's"
            )
    return _labelled("sources", texts)


def _card(experiment: Experiment, path: Path, may_have: Sequence[str]) -> dict[str, Any]:
    """Return the card of a stage, whose named parts are mappings; nothing where there is none."""
    content = experiment.read(path)
    if content is None:
        return {}
    return require_mapping(parse_json(content, str(path)), str(path), may_have=may_have)


def _operators(recipe: list[Any]) -> list[str]:
    """Return each operator of a recipe with its settings; a line may be a name alone."""
    shown = []
    for line in recipe:
        named = line if isinstance(line, dict) else {str(line): {}}
        for operator, settings in named.items():
            values = ", ".join(f"{key} {value}" for key, value in (settings or {}).items())
            shown.append(f"{operator} ({values})" if values else operator)
    return shown


def _labelled(label: str, texts: list[str]) -> list[str]:
    """Return a line a text; the label stands before the first alone."""
    lines = []
    for text in texts:
        lines.append(_line("" if lines else label, text))
    return lines


def _hashes(stages: Stages) -> list[str]:
    """Return the hashes of the data and of the models, each as DVC has it (md5)."""
    outputs = hashes_of(stages, "outs")
    known = hashes_of(stages, "deps") | outputs
    data = [path for path in DATA if path in outputs]
    models = sorted(path for path in known if path.startswith("models/"))
    lines = []
    for label, paths in (("data", data), ("models", models)):
        shown = [f"{path} md5 {(known[path] or '?')[:SHORT]}" for path in paths]
        lines += _labelled(label, shown)
    return lines


def _machine(experiment: Experiment, stages: Stages) -> str:
    records = []
    for name, record in experiment.costs.items():
        if name in stages and record:
            records.append(record)
    if not records:
        return _line("machine", "unknown: no record of these stages in this clone")
    machines = ", ".join(sorted({str(record.get("machine")) for record in records}))
    last = max(str(record.get("finished", "")) for record in records)
    count = f"{len(records)} of {len(stages)} stages recorded"
    return _line("machine", f"{machines}; last stage finished {last} ({count})")


def _verified(check: Check) -> list[str]:
    holding = check.compared - len(check.broken)
    text = f"{holding:,} of {check.compared:,} hashes and settings hold"
    lines = [_line("verified", text)]
    if check.unseen:
        hidden = len(check.unseen) - MOST_UNSEEN
        more = f" and {hidden} more" if hidden > 0 else ""
        lines.append(_line("not seen", ", ".join(check.unseen[:MOST_UNSEEN]) + more))
    return lines


def _broken(check: Check) -> str:
    hidden = len(check.broken) - MOST_BROKEN
    more = f" (and {hidden} more)" if hidden > 0 else ""
    return "; ".join(check.broken[:MOST_BROKEN]) + more
