"""Whether two trees made the same outputs: the proof of a change that should change nothing.

    python benchmarks/same_outputs.py ../before .

Compared are the hashes that the two trees' `dvc.lock` hold: tables, models, loss curves,
predictions, scores. Exit code 1 if an output differs or only one tree has it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml


def output_hashes(lock: Path) -> dict[str, str]:
    """Return the md5 of each output of each stage, by its path."""
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]
    hashes = {}
    for stage in stages.values():
        for output in stage.get("outs", []):
            hashes[output["path"]] = output["md5"]
    return hashes


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return a line for each output that is not the same on both sides."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if path not in before or path not in after:
            lines.append(f"only {'after' if path in after else 'before'}: {path}")
        elif before[path] != after[path]:
            lines.append(f"differs: {path}")
    return lines


def main() -> None:
    """Compare the outputs of two finished trees, and say which differ."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("before", type=Path, help="a tree with a finished run")
    arguments.add_argument("after", type=Path, help="another one")
    trees = arguments.parse_args()
    before = output_hashes(trees.before / "dvc.lock")
    after = output_hashes(trees.after / "dvc.lock")
    found = differences(before, after)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(before.keys() | after.keys()) - len(found)} of {len(before)} outputs are the same")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
