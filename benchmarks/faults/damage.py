"""What each command says of a damaged file: every file that it reads, cut, emptied and with bytes
flipped.

    python benchmarks/faults/damage.py --tree ../finished --folder /tmp/damage

The finished tree is copied first (files of data, models and DVC's cache as hard links, which are
never written to). Of files that differ in a number alone (seeds, hashes) one is damaged. A command
may go on if it makes the file again and its result is the same; it may stop, in one line; it may
print a line that names the file. It may neither end in a traceback nor give another result without
a word.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import importlib
import io
import os
import random
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from damaging import DAMAGES, copy_of, flip_in_place
from own_rows import OWN, write_own_rows

FOLDERS = ("data", "models", "results", ".cache")
NUMBERS = re.compile(r"[0-9a-f]{16,}|\d+")
# after which a command hangs
SECONDS = 120
LONG_AGO_NS = 0
RESULTS = (
    "data/stats",
    "data/restats",
    "data/filter",
    "data/mix",
    "results/score.json",
    "results/items.parquet",
    "results/own",
)
# these trust a file whose size and time are as they were; no other command does
KNOW_TIMES = ("explain --score", "dvc status", "stale stages")
WARNED = re.compile(
    r"damaged|made again|changed|differs|not whole|does not|missing|no record|set aside"
    r"|of an earlier run|modified:"
)
# what a command took is no result
DURATION = re.compile(r"[\d.,]+ (s|CPU s)\b")


@dataclass(frozen=True)
class Told:
    """What a command gave: its exit code, what it printed, and the results that it wrote."""

    code: int
    output: str
    errors: str
    results: dict[str, bytes]


def commands(sample: str) -> dict[str, list[str]]:
    """Return the command lines, by the name that the table shows."""
    verbs = {
        "explain --score": ["explain", "--score"],
        "explain ID": ["explain", sample],
        "compare": ["compare", "workspace", "results/other"],
        "costs": ["costs"],
        "diff": ["diff", "workspace", "results/other"],
        "cache": ["cache"],
        "cache verify": ["cache", "verify"],
    }
    lines = {name: ["bettersynth.cli", *words] for name, words in verbs.items()}
    for step in ("filter", "mix", "score", "report"):
        lines[step] = [f"bettersynth.steps.{step}"]
    lines["stats"] = ["bettersynth.steps.stats", "image_text_similarity_filter"]
    lines["restats"] = ["bettersynth.steps.restats"]
    lines["run"] = ["bettersynth.cli", "run", str(OWN / "recipe.yaml")]
    lines["dvc status"] = ["dvc.cli", "status"]
    lines["stale stages"] = ["stale_stages"]
    return lines


def results() -> dict[str, bytes]:
    """Return what the files of `RESULTS` hold, by their paths."""
    contents = {}
    for place in map(Path, RESULTS):
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                contents[str(path)] = path.read_bytes()
    return contents


def told(line: list[str], folder: Path) -> Told:
    """Run a command, and return what it printed and wrote."""
    code, output, errors = run(line, folder)
    return Told(code, output, errors, results())


def run(line: list[str], folder: Path) -> tuple[int, str, str]:
    """Run a module's main in a child of this process, which has imported everything already."""
    capture = folder / "captured"
    capture.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        _run_in_child(line, capture)
    _, status = os.waitpid(child, 0)
    output = (capture / "out").read_text(encoding="utf-8", errors="replace")
    errors = (capture / "err").read_text(encoding="utf-8", errors="replace")
    return os.waitstatus_to_exitcode(status), output, errors


def _run_in_child(line: list[str], capture: Path) -> None:
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(capture / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)
    sys.stdout = io.TextIOWrapper(open(1, "wb", 0, closefd=False), write_through=True)
    sys.stderr = io.TextIOWrapper(open(2, "wb", 0, closefd=False), write_through=True)
    # after which the system ends it
    signal.alarm(SECONDS)
    sys.argv = line
    code: int | str = 1
    try:
        program = importlib.import_module(line[0]).main
        if line[0] == "dvc.cli":
            code = program()
        else:
            importlib.import_module("bettersynth.experiments.workflow.run_step").run_step(program)
            code = 0
    except SystemExit as ended:
        code = ended.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    # nothing may pass: this is a forked child, and the parent's code would go on in it
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def files_read(line: list[str], folder: Path) -> tuple[Told, list[Path]]:
    """Run a command on the whole tree; return also the files that it read, one of each kind."""
    files = [path for name in FOLDERS for path in Path(name).rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, ns=(LONG_AGO_NS, path.stat().st_mtime_ns))
    code, output, errors = run(line, folder)
    kinds: dict[str, Path] = {}
    for path in sorted(files):
        # Linux notes the first reading of a file that has changed since the one before
        if path.is_file() and path.stat().st_atime_ns != LONG_AGO_NS and path.stat().st_size:
            kinds.setdefault(NUMBERS.sub("0", str(path)), path)
    # read by this process too, so after looking at who read what
    return Told(code, output, errors, results()), list(kinds.values())


@contextlib.contextmanager
def damaged(path: Path, damage: Callable[[bytes], bytes], folder: Path) -> Iterator[None]:
    """Damage a file while the block runs; afterwards it and all results are as they were."""
    kept = folder / "kept"
    kept.unlink(missing_ok=True)
    os.link(path, kept)
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(damage(content))
    before = results()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        kept.replace(path)
        after = results()
        for name in {**before, **after}:
            if name == str(path) or before.get(name) == after.get(name):
                continue
            # a file that is written to in place may have a second name in DVC's cache
            Path(name).unlink(missing_ok=True)
            if name in before:
                Path(name).write_bytes(before[name])


def verdict(whole: Told, now: Told, path: Path) -> str:
    """Return what a command made of a damaged `path`, beside what it gave of the whole file."""
    text = now.output + now.errors
    # DVC's words for an error of its own
    if "unexpected error" in text:
        return "traceback"
    if "Traceback" in text:
        return "traceback"
    if now.code < 0:
        return "hangs" if now.code == -14 else "killed"
    if now.code != whole.code:
        return "told" if now.errors.strip() or now.output != whole.output else "silent"
    named = path.name in now.errors or path.name in now.output.replace(whole.output, "")
    same = {**now.results, str(path): b""} == {**whole.results, str(path): b""}
    if same and DURATION.sub("", now.output) == DURATION.sub("", whole.output):
        return "same result"
    new = set(text.splitlines()) - set((whole.output + whole.errors).splitlines())
    return "told" if named or any(WARNED.search(line) for line in new) else "silent"


def import_all(lines: dict[str, list[str]]) -> None:
    """Import here what the commands import, so that children need not."""
    for line in lines.values():
        importlib.import_module(line[0])
    for name in ("dvc.repo", "torch", "pyarrow.parquet", "scipy.stats", "pandas", "jinja2"):
        importlib.import_module(name)


def main() -> None:
    """Damage each file that each command reads, and print a table of what they said."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tree", type=Path, required=True, help="a tree with a finished run")
    parser.add_argument("--folder", type=Path, required=True, help="where it is copied to")
    parser.add_argument("--only", nargs="*", default=[], help="commands, as the table names them")
    parser.add_argument("--most", type=int, help="kinds of files a command, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(copy_of(arguments.tree.resolve(), folder / "tree"))
    others = shutil.ignore_patterns("live", "other")
    shutil.rmtree(folder / "other", ignore_errors=True)
    shutil.copytree("results", folder / "other", ignore=others)
    shutil.copytree(folder / "other", "results/other")
    for name in ("params.yaml", "dvc.lock"):
        shutil.copy(name, "results/other")
    shutil.copy("data/mix/mix.parquet", "results/other")
    import pyarrow.parquet as pq

    write_own_rows()
    lines = commands(pq.read_table("data/pool/samples.parquet")["id"][0].as_py())
    if arguments.only:
        lines = {name: lines[name] for name in arguments.only}
    import_all(lines)
    table = {}
    for name, line in lines.items():
        table[name] = damage_all(name, line, folder, arguments.most)
    print_table(table)
    bad = {"traceback", "silent", "hangs", "killed"}
    sys.exit(any(bad & counts.keys() for counts in table.values()))


def damage_all(
    name: str, line: list[str], folder: Path, most: int | None
) -> collections.Counter[str]:
    """Return how often a command gave which verdict, over `most` of the files that it reads."""
    whole, files = files_read(line, folder)
    if most is not None and len(files) > most:
        files = random.sample(files, most)
    print(f"{name}: exit code {whole.code}, reads {len(files)} kinds of files", flush=True)
    counts: collections.Counter[str] = collections.Counter()
    for path in files:
        for how, damage in DAMAGES.items():
            with damaged(path, damage, folder):
                now = told(line, folder)
                found = verdict(whole, now, path)
            counts[found] += 1
            words = now.errors.strip().splitlines() or [""]
            print(f"  {found}: {how} {path}: {words[-1][:300]}", flush=True)
        if name in KNOW_TIMES:
            with damaged(path, bytes, folder):
                # what is remembered of the file is of this copy of it now
                told(line, folder)
                flip_in_place(path)
                found = verdict(whole, told(line, folder), path)
            counts[found] += 1
            print(f"  {found}: flipped, with its time kept, {path}", flush=True)
    return counts


def print_table(table: dict[str, collections.Counter[str]]) -> None:
    """Print how often each command came to which verdict, as Markdown."""
    verdicts = ("same result", "told", "silent", "traceback", "hangs", "killed")
    print(f"| command | {' | '.join(verdicts)} |")
    print(f"| --- |{' --- |' * len(verdicts)}")
    for name, counts in table.items():
        print(f"| {name} | {' | '.join(str(counts[one]) for one in verdicts)} |")


if __name__ == "__main__":
    main()
