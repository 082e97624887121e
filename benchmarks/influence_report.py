"""The tables that benchmarks/influence.py prints."""

from __future__ import annotations

import numpy as np
from influence_results import WHOLE, Findings, Results, Row, listed, trained_caption
from influence_scores import Estimate
from influence_training import Bench


def influence_tables(found: Results, bench: Bench) -> str:
    """Return what is printed: outcomes, scores of every method, the most helpful and harmful."""
    findings = found.findings
    lines = [f"{findings.cpu_seconds:.0f} CPU s; {len(bench.ids)} samples, "]
    lines[0] += f"{found.original.sum()} of them with their first caption"
    if found.planted is not None:
        lines[0] += f", {int(found.planted.sum())} of those planted mismatches"
    lines += ["", *_outcome_lines(findings), ""]
    lines.append(
        f"{'attribution':34}{'outcome':13}{'datamodelling score':>25}"
        f"{'of the whole outcome':>26}{'mismatches, area':>25}"
    )
    lines += [_line(row) for row in found.rows]
    lines += ["", *_chance_lines(found)]
    lines += _listed_lines(found, bench)
    return "\n".join(lines)


def _outcome_lines(findings: Findings) -> list[str]:
    lines = [f"{'outcome over all items':26}{'mean':>8}{'lowest':>9}{'highest':>9}{'sd':>8}"]
    for name, _ in WHOLE.values():
        values = np.array([one[name] for one in findings.summaries])
        spread = values.std(ddof=1)
        lines.append(
            f"{name:26}{values.mean():>8.3f}{values.min():>9.3f}{values.max():>9.3f}{spread:>8.4f}"
        )
    return lines


def _line(row: Row) -> str:
    of_whole = "-"
    if row.of_whole:
        of_whole = f"{row.of_whole.value:+.2f} ({row.of_whole.low:+.2f} {row.of_whole.high:+.2f})"
    score, area = _words(row.score), _words(row.area)
    return f"{row.method:34}{row.outcome:13}{score:>25}{of_whole:>26}{area:>25}"


def _words(estimate: Estimate | None) -> str:
    return estimate.words if estimate else "-"


def _chance_lines(found: Results) -> list[str]:
    lines = []
    for outcome, score in found.ceiling.items():
        halves = len(found.findings.again[outcome])
        words = f"the same {halves} halves with another seed foretell it with {_words(score)}"
        lines.append(f"{outcome}: {words}")
    return lines


def _listed_lines(found: Results, bench: Bench) -> list[str]:
    lines = []
    for words, places in listed(found.worth).items():
        lines += ["", f"most {words} for MMBench's seen half, by TRAK:"]
        for place in places:
            caption = trained_caption(bench.samples[place])
            note = " (planted)" if found.planted is not None and found.planted[place] else ""
            lines.append(f"  {found.worth[place]:+.4f}  {bench.ids[place]}: {caption}{note}")
    return lines
