"""Data-Juicer's own unit tests, with our operators in the place of its: do they pass?

    PYTHONPATH=src:FASTTEXT PEER/bin/python benchmarks/data_juicer_unit_tests.py REPOSITORY \
        --packages .venv/lib/python3.11/site-packages

PEER is a virtual environment with py-data-juicer 1.6.1 and of the same Python as ours, REPOSITORY a
checkout of Data-Juicer's repository. Each test of an operator that we have runs twice: as it is,
which says whether it can run on this machine, and with `measure`, `keep`, `rewrite` and `select` of
ours (`compat: data_juicer`) behind the operator's class.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import importlib
import importlib.util
import os
import signal
import sys
import unittest
from pathlib import Path
from typing import Any

from data_juicer_stand_ins import ours_behind

SECONDS = 20  # a test: some wait for a download
NEVER_CALLED = "ours was not called"


def tests_of(file: Path) -> list[unittest.TestCase]:
    """Return the tests of a file, one by one."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    suites = [unittest.defaultTestLoader.loadTestsFromModule(module)]
    tests = []
    while suites:
        for test in suites.pop():
            (suites if isinstance(test, unittest.TestSuite) else tests).append(test)
    return tests


def outcome(test: unittest.TestCase) -> str:
    """Run one test; return passed, skipped, or the last line of what went wrong."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    result = unittest.TestResult()
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        type(test).setUpClass()
        test.run(result)
    # a class that cannot be set up ends one test and not the comparison
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    if result.skipped:
        return "skipped"
    problems = [*result.errors, *result.failures]
    return problems[0][1].strip().splitlines()[-1][:150] if problems else "passed"


def run_file(file: Path, name: str) -> list[tuple[str, str, str]]:
    """Return for each test its name, and its outcome as it is and with ours."""
    try:
        tests = tests_of(file)
    # importing a test file runs the peer's code: whatever it lacks here is told in the table
    except Exception as error:
        return [(f"{file.stem} (all)", f"{type(error).__name__}: {error}"[:150], "not run")]
    outcomes = []
    for test in tests:
        there = outcome(test)
        here = "not run"
        if there == "passed":
            with ours_behind(name) as called:
                here = outcome(test)
            if here == "passed" and not called.exists():
                here = NEVER_CALLED
        outcomes.append((test.id(), there, here))
    return outcomes


def verdict(there: str, here: str) -> str:
    """Return what two outcomes of a test mean."""
    if there != "passed":
        return "cannot run on this machine"
    if here == NEVER_CALLED:
        return "never calls the operator"
    return "same" if here == "passed" else "differs"


def main() -> None:
    """Run the peer's unit tests on our operators."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repository", type=Path)
    parser.add_argument("--packages", type=Path, required=True, help="where ours need more")
    parser.add_argument("--part", default="0/1", help="such as 2/5: the third of five parts")
    arguments = parser.parse_args()
    # behind the peer's own packages
    sys.path.append(str(arguments.packages.resolve()))
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import datasets
    from data_juicer.ops import OPERATORS

    from bettersynth.operators import operator_names

    # now: a test that is stopped within an import would leave half of it
    with contextlib.suppress(ImportError):
        importlib.import_module("torch")
    # a result of the other run would be taken
    datasets.disable_caching()
    shared = sorted(set(operator_names()) & set(OPERATORS.modules))
    part, parts = map(int, arguments.part.split("/"))
    counts: collections.Counter = collections.Counter()
    shown = os.fdopen(os.dup(1), "w")
    quiet = open(os.devnull, "w")
    os.dup2(quiet.fileno(), 1)
    os.dup2(quiet.fileno(), 2)
    for name in shared[part::parts]:
        for file in sorted(arguments.repository.glob(f"tests/ops/*/test_{name}.py")):
            for test, there, here in run_file(file, name):
                counts[verdict(there, here)] += 1
                if there != "passed" or here != "passed":
                    print(f"{test}: there {there}; ours {here}", file=shown, flush=True)
    print(dict(counts), file=shown, flush=True)


if __name__ == "__main__":
    main()
