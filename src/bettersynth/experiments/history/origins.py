"""When an experiment's results were recorded, and from which code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bettersynth.data.tables.score import SCORE
from bettersynth.experiments.history.compared_runs import revision_of
from bettersynth.experiments.workflow.git import git_text
from bettersynth.settings.regular_files import is_there

# letters of a commit's name
SHORT = 12


def code_words(name: str) -> str:
    """Return the commit of the code that the experiment `name` ran, and what has changed since."""
    revision = revision_of(name)
    if revision is None and Path(name).exists():
        return f"unknown: {name} is a folder of results"
    commit = git_text("rev-parse", revision or "HEAD").strip()
    if not commit:
        # scores that were copied to a folder without git
        return "unknown: no git repository"
    words = f"commit {commit[:SHORT]} ({git_text('log', '-1', '--format=%s', commit).strip()})"
    # DVC commits an experiment on top of the commit whose code it ran
    if revision and "refs/exps" in revision:
        words += f", run on {git_text('rev-parse', f'{commit}^')[:SHORT]}"
    if revision is None:
        changed = git_text("status", "--porcelain", "--", "src", "conf", "dvc.yaml").splitlines()
        if changed:
            words += f", {len(changed)} files under src, conf or dvc.yaml changed since"
    return words


def recorded_on(name: str) -> str:
    """Return when the scores of the experiment `name` were recorded, as ISO has it in UTC; "" where
    that is not known.
    """
    revision = revision_of(name)
    if revision is not None:
        return utc(git_text("log", "-1", "--format=%cI", revision).strip())
    place = Path(name)
    folder = place.parent if place.is_file() else place
    for score in (folder / SCORE, folder / SCORE.name) if place.exists() else (SCORE,):
        if is_there(score):
            return changed_on(score)
    return ""


def changed_on(path: Path) -> str:
    """Return when a file was written, as ISO has it in UTC."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def utc(date: str) -> str:
    """Return a moment as ISO has it, of any time zone, in UTC."""
    return datetime.fromisoformat(date).astimezone(UTC).isoformat(timespec="seconds")


def recorded_words(name: str) -> str:
    """Return date and code of an experiment, for people."""
    return dated_words(recorded_on(name), name)


def dated_words(date: str, name: str) -> str:
    """Return a `date` as ISO has it in UTC, "" for none, and the code of an experiment."""
    # 2026-11-26T08:15:00+00:00
    moment = f"{date[:10]} {date[11:16]} UTC" if date else "date unknown"
    return f"{moment}, code {code_words(name)}"
