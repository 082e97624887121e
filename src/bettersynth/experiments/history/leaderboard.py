"""`bettersynth leaderboard`: every experiment of the repository with both scores, the best first,
and how it differs from a chosen one.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from bettersynth.data.tables.items import TEXT_PROTOCOL
from bettersynth.errors import UserError, did_you_mean, nearest_first
from bettersynth.experiments.history.compared_runs import WORKSPACE, Run, with_scores
from bettersynth.experiments.history.costs import Cost, add_up
from bettersynth.experiments.history.known_runs import KnownRun, known_runs
from bettersynth.experiments.history.param_differences import ABSENT, flattened
from bettersynth.experiments.history.score_differences import (
    ScoreDifference,
    paired_scores,
    score_differences,
)
from bettersynth.experiments.workflow.compose import composed
from bettersynth.recipes.filter_section import SIMILARITY_OPERATOR
from bettersynth.recipes.similarity_bound import similarity_bound

USUAL_PROTOCOL = "likelihood"
BENCHMARKS = {"mmbench": "MMBench", "textvqa": "TextVQA"}
# Sections that follow from others
DERIVED = ("watched", "files")
THRESHOLD = "filter.threshold"
# conf/ puts the threshold into it
SIMILARITY_BOUND = re.compile(rf"filter\.recipe\[\d+\]\.{SIMILARITY_OPERATOR}\.min_score")
# settings of a row of the table
MOST_SETTINGS = 3
# characters of a value
MOST_SHOWN = 30


@dataclasses.dataclass(frozen=True)
class BoardRow:
    """One experiment: what differs from the default (setting, its value, the default's), its
    scores, cost, and its differences from the chosen one by benchmark.

    No differences: it is the chosen one, or `incomparable` says why there are none.
    """

    run: KnownRun
    settings: list[tuple[str, str, str]]
    cost: Cost
    differences: dict[str, ScoreDifference]
    incomparable: str

    @property
    def is_random(self) -> bool:
        """Whether its samples were drawn at random: a control."""
        params = self.run.experiment.params or {}
        sections = [params.get(name) or {} for name in ("filter", "mix")]
        return any(section.get("control") == "random" for section in sections)

    @property
    def other_protocol(self) -> str:
        """What stands behind its MMBench score where it is not the usual protocol, or ""."""
        protocol = self.run.score["mmbench_protocol"]
        return "" if protocol == USUAL_PROTOCOL else str(protocol)

    @property
    def threshold(self) -> float | None:
        """Its bound of the image-text similarity."""
        return similarity_bound(self.run.experiment.params or {})


@dataclasses.dataclass(frozen=True)
class Leaderboard:
    """All rows, the best MMBench first, and the name of the one that differences are from."""

    rows: list[BoardRow]
    chosen: str


def leaderboard(chosen: str | None = None) -> Leaderboard:
    """Return all experiments; without a name the workspace is what others are compared with, or
    else the newest.

    Raises:
        UserError: nothing has scores yet, or no experiment has this name.
    """
    runs = known_runs()
    if not runs:
        raise UserError("no experiment has scores yet; run one: `make score`")
    first = _chosen(runs, chosen)
    default = flattened(composed())
    paired, reasons = _comparable(first, runs)
    differences: dict[str, dict[str, ScoreDifference]] = {}
    if len(paired) > 1:
        for row in score_differences(paired):
            # the headline comes before the same less the prior
            differences.setdefault(row.other, {}).setdefault(row.benchmark, row)
    rows = []
    for run in runs:
        rows.append(
            BoardRow(
                run=run,
                settings=settings_beside(run.experiment.params, default),
                cost=add_up(list(run.experiment.costs.values())),
                differences=differences.get(run.name, {}),
                incomparable=reasons.get(run.name, ""),
            )
        )
    rows.sort(key=lambda row: -row.run.score["mmbench"])
    return Leaderboard(rows, first.name)


def _chosen(runs: Sequence[KnownRun], name: str | None) -> KnownRun:
    for run in runs:
        if (name or WORKSPACE) in (run.name, *run.also):
            return run
    if name is None:
        return max(runs, key=lambda run: run.date)
    names = [run.name for run in runs]
    raise UserError(
        f"no experiment with scores is called {name}{did_you_mean(name, names)}; there are: "
        f"{nearest_first(name, names)}"
    )


def _comparable(first: KnownRun, runs: Sequence[KnownRun]) -> tuple[list[Run], dict[str, str]]:
    """Return the chosen run with those that answered the same questions, and of each other one why
    it cannot be compared.
    """
    reasons = {}
    try:
        paired = [with_scores(first.experiment)]
    except UserError as error:
        return [], {run.name: str(error) for run in runs if run is not first}
    protocol = str(first.score["mmbench_protocol"])
    for run in runs:
        if run is first:
            continue
        try:
            other = with_scores(run.experiment)
            paired_scores(paired[0], other, "mmbench", protocol)
            paired_scores(paired[0], other, "textvqa", TEXT_PROTOCOL)
            paired.append(other)
        except UserError as error:
            reasons[run.name] = str(error)
    return paired, reasons


def settings_beside(
    params: dict[str, Any] | None, default: dict[str, Any]
) -> list[tuple[str, str, str]]:
    """Return (setting, value, the default's value) where `params` differs from the flat `default`:
    whole settings before parts of lists, and last those that one of the two has not got.

    The bound of a similarity line that follows `filter.threshold` in both is passed over.
    """
    if params is None:
        return []
    own = flattened(params)
    found = []
    for name in own.keys() | default.keys():
        if name.split(".")[0] in DERIVED or _repeats_threshold(name, own, default):
            continue
        value = own.get(name, ABSENT)
        usual = default.get(name, ABSENT)
        if value != usual:
            found.append((name, _shown(value), _shown(usual)))
    found.sort(key=lambda row: (ABSENT in row[1:], row[0].count(".") + row[0].count("["), row[0]))
    return found


def _repeats_threshold(name: str, own: dict[str, Any], default: dict[str, Any]) -> bool:
    """Whether a setting is a similarity line's bound that is the threshold in both."""
    if not SIMILARITY_BOUND.fullmatch(name):
        return False
    for flat in (own, default):
        # a bound that is there, and a threshold that is set
        if flat.get(name) is None or flat[name] != flat.get(THRESHOLD):
            return False
    return True


def _shown(value: Any) -> str:
    text = '""' if value == "" else str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def board_table(board: Leaderboard) -> str:
    """Return what is printed: four lines a row at most."""
    width = max(len(row.run.name) for row in board.rows) + 2
    lines = [
        "scores in percent with 95 % intervals; "
        f"differences from {board.chosen} in points, p after Holm over the table",
        f"{'':{width}}{'MMBench':>22}{'TextVQA':>22}{'samples':>10}{'CPU min':>9}  date",
    ]
    for row in board.rows:
        lines += _row_lines(row, board.chosen, width)
    return "\n".join(lines)


def _row_lines(row: BoardRow, chosen: str, width: int) -> list[str]:
    score = row.run.score
    cells = ""
    for name in BENCHMARKS:
        cells += f"{f'{score[name]:.2f} {bounds_words(score, name)}':>22}"
    samples = f"{score['samples']:,}"
    also = f", also {', '.join(row.run.also)}" if row.run.also else ""
    lines = [
        f"{row.run.name:{width}}{cells}{samples:>10}{cost_words(row.cost):>9}  "
        f"{row.run.date[:10]}{also}"
    ]
    if row.differences:
        words = []
        for name, label in BENCHMARKS.items():
            words.append(f"{label} {difference_words(row.differences[name])}")
        lines.append(f"{'':{width}}{'; '.join(words)}")
    elif row.run.name != chosen:
        lines.append(f"{'':{width}}not compared: {row.incomparable}")
    if row.other_protocol:
        lines.append(f"{'':{width}}its MMBench is by the protocol {row.other_protocol}")
    lines.append(f"{'':{width}}{settings_words(row)}")
    return lines


def bounds_words(score: dict[str, Any], benchmark: str) -> str:
    """Return the interval of a score."""
    return f"({score[f'{benchmark}_low']:.1f}-{score[f'{benchmark}_high']:.1f})"


def difference_words(row: ScoreDifference) -> str:
    """Return a difference with its interval and p."""
    bounds = f"{row.low:+.1f} to {row.high:+.1f}"
    return f"{row.difference:+.2f} ({bounds}), p {row.adjusted_p:.4f}"


def cost_words(cost: Cost) -> str:
    """Return CPU minutes; `+` where not every stage was measured here."""
    if not cost.known:
        return "-"
    return f"{(cost.cpu_seconds or 0) / 60:.1f}{'' if cost.known == cost.stages else '+'}"


def settings_words(row: BoardRow) -> str:
    """Return what differs from the default, the most telling settings."""
    if row.run.experiment.params is None:
        return "its settings are not at hand"
    if not row.settings:
        return "the default's settings"
    named = [f"{name}={value} ({usual})" for name, value, usual in row.settings[:MOST_SETTINGS]]
    more = len(row.settings) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")
