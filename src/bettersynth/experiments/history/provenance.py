"""`bettersynth explain --score`: from a number back to code, recipe, data, seeds, models and machine, and whether all of it still verifies.

Everything is read from `dvc.lock`, which holds the hash of every input and output of every stage. What it says is checked three ways: a
stage read what the stage before it wrote, the settings are those of `params.yaml`, and the files still have these hashes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import parse_json
from bettersynth.errors import UserError
from bettersynth.experiments.history.compared_runs import (
    LOCK,
    SCORE,
    WORKSPACE,
    Experiment,
    load_experiment,
    revision_of,
)
from bettersynth.experiments.history.costs import dvc_md5, folder_md5

HEADLINES = ("total", "mmbench", "textvqa")
DATA = (
    "data/archives",
    "data/pool/samples.parquet",
    "data/mix/train.json",
    "data/benchmark/mmbench.tsv",
    "data/benchmark/textvqa.jsonl",
)
SHORT = 12  # digits of a hash that are shown


@dataclasses.dataclass(frozen=True)
class Check:
    """How many hashes and settings were compared, what does not hold, and what could not be looked at."""

    compared: int
    broken: list[str]
    unseen: list[str]


def explain_score(number: str = "", name: str = WORKSPACE) -> str:
    """Return where a number of `score.json` comes from ("" for the headline numbers) and that it verifies.

    Raises:
        UserError: no such experiment or number, no `dvc.lock`, or something does not verify (the text is printed before).
    """
    found = load_experiment(name)
    content = found.read(SCORE)
    if content is None:
        raise UserError(f"{name} has no {SCORE}; run `snakemake --cores all {SCORE}`")
    score = parse_json(content, f"{SCORE} of {name}")
    if number and number not in score:
        raise UserError(
            f"{SCORE} of {name} has no number {number}; its numbers are: {', '.join(score)}"
        )
    if "score" not in found.lock.get("stages", {}):
        raise UserError(
            f"{name} has no {LOCK} with the stage score; a folder of results alone cannot be traced back"
        )
    stages = upstream(found.lock["stages"], "score")
    lines = [
        describe(score, key)
        for key in ([number] if number else [key for key in HEADLINES if key in score])
    ]
    lines += [
        *_origin(found),
        *_recipe(found.params or {}),
        *_hashes(stages),
        _machine(found, stages),
    ]
    check = verify(found, stages)
    lines.append(
        f"{'verified':11}{check.compared - len(check.broken):,} of {check.compared:,} hashes and settings hold"
    )
    if check.unseen:
        more = f" and {len(check.unseen) - 3} more" if len(check.unseen) > 3 else ""
        lines.append(f"{'not seen':11}{', '.join(check.unseen[:3])}{more}")
    text = "\n".join(lines)
    if check.broken:
        print(text)
        more = f" (and {len(check.broken) - 5} more)" if len(check.broken) > 5 else ""
        raise UserError(f"{SCORE} of {name} does not verify: {'; '.join(check.broken[:5])}{more}")
    return text


def describe(score: Mapping[str, Any], key: str) -> str:
    """Return a number with its interval and how it was measured."""
    bounds = (
        f" ({score[f'{key}_low']} to {score[f'{key}_high']}, 95 %)" if f"{key}_low" in score else ""
    )
    kind = f", protocol {score['mmbench_protocol'].replace('_', ' ')}" if key == "mmbench" else ""
    return f"{key} = {score[key]}{bounds}{kind}, {score.get('seeds')} seeds"


def upstream(stages: Mapping[str, Any], last: str) -> dict[str, Any]:
    """Return the stages of a `dvc.lock` that `last` comes from, itself among them, in the lock's order."""
    made = {out["path"]: name for name, stage in stages.items() for out in stage.get("outs", [])}
    needed, todo = set(), [last]
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            paths = [dep["path"] for dep in stages[name].get("deps", [])]
            todo += [
                maker
                for out, maker in made.items()
                if any(_inside(out, path) or _inside(path, out) for path in paths)
            ]
    return {name: stage for name, stage in stages.items() if name in needed}


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _origin(found: Experiment) -> list[str]:
    if found.name != WORKSPACE and Path(found.name).exists():
        return [f"{'code':11}unknown: {found.name} is a folder of results"]
    revision = revision_of(found.name)
    commit = _git("rev-parse", revision or "HEAD")
    subject = _git("log", "-1", "--format=%s", commit)
    dirty = (
        []
        if revision
        else _git("status", "--porcelain", "--", "src", "conf", "dvc.yaml").splitlines()
    )
    changed = f", {len(dirty)} files under src, conf or dvc.yaml changed since" if dirty else ""
    parent = (
        f", run on {_git('rev-parse', f'{commit}^')[:SHORT]}"
        if revision and "refs/exps" in revision
        else ""
    )
    return [f"{'code':11}commit {commit[:SHORT]} ({subject}){parent}{changed}"]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=False, capture_output=True, text=True)
    return done.stdout.strip() if not done.returncode else ""


def _recipe(params: Mapping[str, Any]) -> list[str]:
    lines = []
    for line in (params.get("filter") or {}).get("recipe") or []:
        for operator, settings in line.items() if isinstance(line, dict) else [(str(line), {})]:
            shown = ", ".join(f"{key} {value}" for key, value in (settings or {}).items())
            lines.append(
                f"{'' if lines else 'recipe':11}{operator}{f' ({shown})' if shown else ''}"
            )
    lines = lines or [f"{'recipe':11}every sample of the pool"]
    controls = [
        f"{part}.{key}: {params[part][key]}"
        for part in ("filter", "mix")
        for key in ("control", "oracle")
        if (params.get(part) or {}).get(key)
    ]
    lines += [f"{'control':11}{', '.join(controls)}"] if controls else []
    mix = params.get("mix") or {}
    lines.append(f"{'mix':11}{', '.join(f'{key} {value}' for key, value in mix.items())}")
    return [*lines, f"{'seeds':11}{', '.join(map(str, params.get('seeds') or []))}"]


def _hashes(stages: Mapping[str, Any]) -> list[str]:
    """Return the hashes of the data and of the models, each as DVC has it (md5)."""
    outs = {
        out["path"]: out.get("md5", "?")
        for stage in stages.values()
        for out in stage.get("outs", [])
    }
    deps = {
        dep["path"]: dep.get("md5", "?")
        for stage in stages.values()
        for dep in stage.get("deps", [])
    }
    data = {path: outs[path] for path in DATA if path in outs}
    models = {path: md5 for path, md5 in (deps | outs).items() if path.startswith("models/")}
    return [
        f"{'' if k else label:11}{path} md5 {md5[:SHORT]}"
        for label, group in (("data", data), ("models", dict(sorted(models.items()))))
        for k, (path, md5) in enumerate(group.items())
    ]


def _machine(found: Experiment, stages: Mapping[str, Any]) -> str:
    records = [record for name, record in found.costs.items() if name in stages and record]
    if not records:
        return f"{'machine':11}unknown: no record of these stages in this clone"
    seen = ", ".join(sorted({str(record.get("machine")) for record in records}))
    last = max(str(record.get("finished", "")) for record in records)
    return f"{'machine':11}{seen}; last stage finished {last} ({len(records)} of {len(stages)} stages recorded)"


def verify(found: Experiment, stages: Mapping[str, Any]) -> Check:
    """Compare what `dvc.lock` says of these stages with itself, with `params.yaml` and with the files."""
    outs = {
        out["path"]: out.get("md5", "")
        for stage in stages.values()
        for out in stage.get("outs", [])
    }
    broken: dict[str, None] = {}
    unseen: dict[str, None] = {}
    compared = 0
    seen: dict[str, str | None] = {}
    params = found.params or {}
    for name, stage in stages.items():
        for path, values in (stage.get("params") or {}).items():
            for key, value in values.items() if path == "params.yaml" else ():
                compared += 1
                if _setting(params, key) != value:
                    broken[f"{name} ran with another {key} than params.yaml has"] = None
        for dep in stage.get("deps", []):
            made = _made(dep["path"], outs)
            now = (
                made
                if made is not None
                else seen.setdefault(dep["path"], _hash_now(found, dep["path"], ""))
            )
            if now is None:
                unseen[dep["path"]] = None
                continue
            compared += 1
            if now != dep.get("md5"):
                source = (
                    f"{name} read another {dep['path']} than the stage before wrote"
                    if made
                    else f"{dep['path']} has changed since {name} ran"
                )
                broken[source] = None
        for out in stage.get("outs", []):
            now = _hash_now(found, out["path"], out.get("md5", ""))
            if now is None:
                unseen[out["path"]] = None
                continue
            compared += 1
            if now != out.get("md5"):
                broken[f"{out['path']} is not what {name} wrote"] = None
    return Check(compared, list(broken), list(unseen))


def _setting(params: Mapping[str, Any], key: str) -> Any:
    value: Any = params
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _made(path: str, outs: Mapping[str, str]) -> str | None:
    """Return the hash of a dependency as the stages before wrote it; None for what no stage wrote, or only a part of what it did."""
    if path in outs:
        return outs[path]
    inner = {out.removeprefix(f"{path}/"): md5 for out, md5 in outs.items() if _inside(out, path)}
    if inner and not any(md5.endswith(".dir") for md5 in inner.values()):
        return folder_md5(inner)
    return None


def _hash_now(found: Experiment, path: str, md5: str) -> str | None:
    """Return the hash of a file or folder as it is now in the experiment, None where it is not at hand (or is no file of the project)."""
    if found.name == WORKSPACE:
        return dvc_md5(Path(path)) if Path(path).exists() else None
    revision = revision_of(found.name)
    if revision is None:  # a folder of results: what it holds, and what DVC's cache has of the rest
        content = found.read(path)
        return (
            hashlib.md5(content).hexdigest()
            if content is not None
            else _hash_of_cached(md5)
            if md5
            else None
        )
    files = _git_files(revision, path)
    if files:
        return files[""] if "" in files else folder_md5(files)
    return _hash_of_cached(md5) if md5 else None


def _git_files(revision: str, path: str) -> dict[str, str]:
    """Return the md5 of each file of a commit at or under `path`, by its path below it ("" for a file itself)."""
    done = subprocess.run(
        ["git", "archive", "--format=tar", revision, "--", path], check=False, capture_output=True
    )
    if done.returncode:
        return {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        members = [
            (member.name, archive.extractfile(member)) for member in archive if member.isfile()
        ]
        return {
            name.removeprefix(path).lstrip("/"): hashlib.md5(stream.read()).hexdigest()
            for name, stream in members
            if stream is not None
        }


def _hash_of_cached(md5: str) -> str | None:
    """Return the hash of what DVC's cache holds under `md5`: the same, or another where an object was damaged; None where it is absent."""
    cache = Path(_cache_folder())
    place = cache / md5[:2] / md5[2:]
    if not place.is_file():
        return None
    if not md5.endswith(".dir"):
        return dvc_md5(place)
    inner = {}
    try:
        entries = json.loads(place.read_bytes())
    except ValueError:  # cut short: its own hash no longer fits
        return dvc_md5(place)
    for entry in entries:
        file = cache / entry["md5"][:2] / entry["md5"][2:]
        if not file.is_file():
            return None
        inner[entry["relpath"]] = dvc_md5(file)
    return folder_md5(inner)


def _cache_folder() -> str:
    from dvc.repo import Repo

    with Repo() as repo:
        return str(repo.cache.local.path)
