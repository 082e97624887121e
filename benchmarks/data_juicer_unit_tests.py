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
import importlib.util
import inspect
import os
import signal
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SECONDS = 10  # a test: some wait for a download
NEVER_CALLED = "ours was not called"
# of the operator's class, what ours stand in for
METHODS = {
    "filter": (
        "compute_stats_single",
        "compute_stats_batched",
        "process_single",
        "process_batched",
    ),
    "mapper": ("process_single", "process_batched"),
    "deduplicator": ("compute_hash", "process"),
    "selector": ("process",),
}


def given_settings(operator: Any) -> dict[str, Any]:
    """Return the settings that an operator of Data-Juicer was made with."""
    signature = inspect.signature(type(operator).__init__)
    bound = signature.bind_partial(operator, *operator._init_args, **operator._init_kwargs)
    settings = dict(list(bound.arguments.items())[1:])
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            settings |= settings.pop(name, {})
    settings.pop("args", None)
    return settings


class Ours:
    """Our operator behind an operator of Data-Juicer."""

    def __init__(self, operator: Any):
        from bettersynth.data.pictures.decoding import picture_size_bytes, read_picture
        from bettersynth.data.samples.batch import Images
        from bettersynth.data.samples.sample_rows import RowForm
        from bettersynth.recipes.lines import read_recipe

        process = [{operator._name: given_settings(operator)}]
        (self.line,) = read_recipe(process, "process", "data_juicer")
        self.form = RowForm(operator.text_key, operator.image_key)
        self.pictures = Images(
            lambda name: read_picture(Path(name)),
            as_data_juicer=True,
            size=lambda name: picture_size_bytes(Path(name)),
        )

    def values(self, rows: list[dict[str, Any]], stats: list[dict[str, Any]]) -> dict[str, list]:
        """Return the values of all rows by stat.

        Raises:
            ValueError: a row cannot be measured.
        """
        from bettersynth.data.samples.sample_rows import batch_of_rows
        from bettersynth.measuring.measure import measure_good

        fields = stats if self.line.reads_fields else None
        batch = batch_of_rows(rows, self.pictures, self.form, fields, ".jsonl")
        measured = measure_good(self.line.operator, self.line.measuring, batch)
        if measured.bad:
            raise ValueError(str(measured.bad))
        return measured.values

    def keeps(self, rows: list[dict[str, Any]], stats: list[dict[str, Any]]) -> list[bool]:
        """Return which rows are kept by the stats that they carry, or by what they say."""
        from bettersynth.recipes.verdicts import keeps

        operator = self.line.operator
        if not operator.STATS or not getattr(operator, "EXPORTS_STATS", True):
            return keeps(self.line, self.values(rows, stats), len(rows)).tolist()
        values = {}
        for name in operator.STATS:
            if all(name in of_row for of_row in stats):
                values[name] = [of_row[name] for of_row in stats]
        return keeps(self.line, values, len(stats)).tolist()


def rows_of(samples: dict[str, list]) -> list[dict[str, Any]]:
    """Return the rows of a batch that holds a list a column."""
    return [dict(zip(samples, row, strict=True)) for row in zip(*samples.values(), strict=True)]


def stand_ins(kind: str) -> dict[str, Callable[..., Any]]:
    """Return functions for the methods of `METHODS[kind]`."""
    from data_juicer.utils.constant import Fields

    def compute_stats_batched(self: Any, samples: dict[str, list], *_: Any, **__: Any) -> dict:
        ours = Ours(self)
        carriers = samples[Fields.stats]
        names = ours.line.operator.STATS
        # what a row carries already is taken
        if not all(names and names[0] in carrier for carrier in carriers):
            for name, values in ours.values(rows_of(samples), carriers).items():
                for carrier, value in zip(carriers, values, strict=True):
                    carrier[name] = value
        return samples

    def compute_stats_single(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> dict:
        samples = compute_stats_batched(self, {key: [value] for key, value in sample.items()})
        return {key: values[0] for key, values in samples.items()}

    def filter_batched(self: Any, samples: dict[str, list], *_: Any, **__: Any) -> list[bool]:
        rows = rows_of(samples)
        return Ours(self).keeps(rows, samples.get(Fields.stats) or [{} for _ in rows])

    def filter_single(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> bool:
        return filter_batched(self, {key: [value] for key, value in sample.items()})[0]

    def rewrite_batched(self: Any, samples: dict[str, list], *_: Any, **__: Any) -> dict:
        ours = Ours(self)
        key = self.text_key
        samples[key] = ours.line.operator.rewrite(samples[key], ours.line.deciding)
        return samples

    def rewrite_single(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> dict:
        (text,) = rewrite_batched(self, {self.text_key: [sample[self.text_key]]})[self.text_key]
        return {**sample, self.text_key: text}

    def compute_hash(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> dict:
        for name, values in Ours(self).values([sample], [{}]).items():
            sample[name] = values[0]
        return sample

    def deduplicate(self: Any, dataset: Any, show_num: int = 0) -> tuple[Any, dict]:
        ours = Ours(self)
        values = {}
        for name in ours.line.operator.STATS:
            if name in dataset.features:
                values[name] = list(dataset[name])
        flags = ours.line.operator.keep(values, ours.line.deciding)
        return dataset.select([place for place, kept in enumerate(flags) if kept]), {}

    def select(self: Any, dataset: Any) -> Any:
        from bettersynth.measuring.field_values import field_value

        ours = Ours(self)
        paths = ours.line.compared_fields
        rows = list(dataset)
        values = [field_value(row, paths[0], "data_juicer") if paths else None for row in rows]
        return dataset.select(ours.line.operator.select(values, ours.line.deciding))

    functions = {
        "filter": (compute_stats_single, compute_stats_batched, filter_single, filter_batched),
        "mapper": (rewrite_single, rewrite_batched),
        "deduplicator": (compute_hash, deduplicate),
        "selector": (select,),
    }
    return dict(zip(METHODS[kind], functions[kind], strict=True))


@contextlib.contextmanager
def ours_behind(name: str) -> Iterator[Path]:
    """Put our operator behind the class of Data-Juicer's; the file that it yields is there once it
    was called.
    """
    from data_juicer.ops import OPERATORS

    cls = OPERATORS.modules[name]
    # a file: some tests start processes
    called = str(Path(tempfile.mkdtemp(), "called"))
    before = {}
    for method, function in stand_ins(name.rpartition("_")[2]).items():
        before[method] = cls.__dict__.get(method)

        def counted(self: Any, *arguments: Any, _function: Any = function, **named: Any) -> Any:
            open(called, "w").close()
            return _function(self, *arguments, **named)

        setattr(cls, method, counted)
    try:
        yield Path(called)
    finally:
        for method, function in before.items():
            if function is None:
                delattr(cls, method)
            else:
                setattr(cls, method, function)


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
