"""Whether Snakemake makes a damaged or touched output again, as it was.

    python benchmarks/faults/remake.py --tree ../finished --folder /tmp/remake --outputs 8

The finished tree is copied (large files as links). One output of a stage after the other is cut,
emptied, flipped or only touched; then the command that made the tree is typed again. It must end
with the same bytes and the same dvc.lock.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import yaml
from damaging import DAMAGES, copy_of
from tiny_clone import SCORE, run

TOUCHED: dict[str, Callable[[bytes], bytes]] = {"touched": bytes}


def outputs_of_stages() -> list[str]:
    """Return the files among the outputs that dvc.lock has."""
    stages = yaml.safe_load(Path("dvc.lock").read_bytes())["stages"].values()
    paths = [out["path"] for stage in stages for out in stage["outs"]]
    return [path for path in paths if Path(path).is_file()]


def is_remade(path: Path, damage: Callable[[bytes], bytes]) -> bool:
    """Damage a file, and return whether Snakemake ends with everything as it was."""
    content = path.read_bytes()
    lock = Path("dvc.lock").read_bytes()
    # a new file, as the old one is linked to that of the tree
    path.unlink()
    path.write_bytes(damage(content))
    done = run(SCORE, Path.cwd())
    same = path.read_bytes() == content and Path("dvc.lock").read_bytes() == lock
    return same and not done.returncode and "Traceback" not in done.stdout


def main() -> None:
    """Damage as many outputs as the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tree", type=Path, required=True, help="a tree with a finished run")
    parser.add_argument("--folder", type=Path, required=True, help="where it is copied to")
    parser.add_argument("--outputs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    os.chdir(copy_of(arguments.tree.resolve(), arguments.folder.resolve()))
    # what Snakemake has to note in a new folder
    run(SCORE, Path.cwd())
    wrong = 0
    for name in random.sample(outputs_of_stages(), arguments.outputs):
        how, damage = random.choice([*DAMAGES.items(), *TOUCHED.items()])
        remade = is_remade(Path(name), damage)
        wrong += not remade
        print(f"{how} {name}: {'made again' if remade else 'not as it was'}", flush=True)
    print(f"{arguments.outputs} outputs, {wrong} not as they were")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
