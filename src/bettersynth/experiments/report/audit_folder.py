"""`bettersynth audit` as a folder: `audit.tsv` and a page; the best operators are printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bettersynth.data.files.overwriting import refuse_overwriting
from bettersynth.data.files.spreadsheets import plain_cell
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.experiments.report.audit_part import page
from bettersynth.recipes.auditing import audit, is_pool
from bettersynth.recipes.engine.run_settings import read_run

# 2 AUC - 1, or recall less the share of good samples dropped: less is not printed
NOTABLE = 0.05
# operators of each fault
SHOWN = 3


def audit_to(path: Path, samples: int, seed: int, output: Path) -> None:
    """Audit the recipe at `path`, write `audit.tsv` and `page.html` to `output`, print the best.

    Raises:
        UserError: as `audit`, no operator could run, or an output is an input.
    """
    if samples < 2:
        raise UserError(f"--samples is {samples}; it must be 2 or more")
    # its warnings come with the audit
    settings, _ = read_run(path, warn=False)
    table, page_file = output / "audit.tsv", output / "page.html"
    inputs = [path] if is_pool(settings) else [path, *settings.datasets]
    refuse_overwriting({"--output": table, "--output's page": page_file}, inputs)
    done = audit(path, samples, seed)
    if done.table.empty:
        reason = next(iter(done.skipped.items()))[1]
        raise UserError(f"no operator of {path} could run; {reason}")
    with complete_or_absent(table) as temporary:
        cells = done.table.map(plain_cell)
        cells.to_csv(temporary, sep="\t", index=False, float_format="%.4f")
    content = page(str(path), done.table, done.samples, done.examples, done.skipped)
    with complete_or_absent(page_file) as temporary:
        temporary.write_text(content, encoding="utf-8")
    for line in best_of_each_fault(done.table):
        print(line)
    for label, reason in done.skipped.items():
        print(f"not run: {label}: {reason}")
    print(page_file)


def best_of_each_fault(table: pd.DataFrame) -> list[str]:
    """Return one line a fault: the operators that find it best, or that nothing does."""
    # 0 for chance, 1 for perfect, as the rule's own measure below
    by_values = 2 * table["roc_auc"] - 1
    by_rule = table["recall"] - table["good_dropped"]
    # `fmax`: where one is NaN the other counts
    strength = np.fmax(by_values, by_rule)
    lines: list[str] = []
    for fault, rows in table.assign(strength=strength).groupby("fault", sort=False):
        notable = rows[rows["strength"] >= NOTABLE]
        best = notable.sort_values("strength", ascending=False).head(SHOWN)
        words: list[str] = []
        for row in best.itertuples():
            auc = ""
            if not np.isnan(row.roc_auc):
                auc = f" AUC {row.roc_auc:.2f} ({row.roc_auc_low:.2f}-{row.roc_auc_high:.2f})"
            precision = "" if np.isnan(row.precision) else f" precision {row.precision:.2f}"
            words.append(f"{row.stat}{auc} recall {row.recall:.2f}{precision}")
        lines.append(f"{fault}: {', '.join(words) or 'nothing finds it'}")
    return lines
