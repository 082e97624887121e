"""Our operators behind Data-Juicer's classes, for `data_juicer_unit_tests.py`."""

from __future__ import annotations

import contextlib
import inspect
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


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
        from bettersynth.measuring.measured import measure_good

        fields = stats if self.line.reads_fields else None
        batch = batch_of_rows(rows, self.pictures, self.form, fields, ".jsonl")
        measured = measure_good(self.line.operator, self.line.measuring, batch)
        if measured.bad:
            raise ValueError(str(measured.bad))
        return measured.values

    def make(self, rows: list[dict[str, Any]]) -> dict[str, list]:
        """Return the rows that a mapper makes of all rows, a list a column."""
        from bettersynth.data.samples.sample_rows import batch_of_rows

        batch = batch_of_rows(rows, self.pictures, self.form, None, ".jsonl")
        folder = Path(tempfile.mkdtemp())
        maker = self.line.operator.open_maker(self.line.deciding, folder)
        made, _ = maker.make(batch)
        columns: dict[str, list] = {key: [] for key in rows[0]}
        for row, new_samples in zip(rows, made, strict=True):
            new_rows = [{**row, self.form.text_key: new.text} for new in new_samples]
            if self.line.deciding.keep_original_sample:
                new_rows.insert(0, row)
            for new_row in new_rows:
                for key, values in columns.items():
                    values.append(new_row[key])
        return columns

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


# From here on methods of the peer's operators, one row or a batch of rows (a list a column) at a
# time; `self` is the operator.


def compute_stats_batched(self: Any, samples: dict[str, list], *_: Any, **__: Any) -> dict:
    """Write our values into the stats that the rows carry, unless all have them."""
    from data_juicer.utils.constant import Fields

    ours = Ours(self)
    try:
        # a test gives a whole data set
        carriers = samples[Fields.stats]
    except KeyError:
        # a filter without stats measures when it decides
        return samples
    names = ours.line.operator.STATS
    # what a row carries already is taken
    if not all(names and names[0] in carrier for carrier in carriers):
        for name, values in ours.values(rows_of(samples), carriers).items():
            for carrier, value in zip(carriers, values, strict=True):
                carrier[name] = value
    return samples


def compute_stats_single(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> dict:
    """As `compute_stats_batched`, of one row."""
    samples = compute_stats_batched(self, {key: [value] for key, value in sample.items()})
    return {key: values[0] for key, values in samples.items()}


def filter_batched(self: Any, samples: dict[str, list], *_: Any, **__: Any) -> list[bool]:
    """Return which rows our filter keeps."""
    from data_juicer.utils.constant import Fields

    rows = rows_of(samples)
    return Ours(self).keeps(rows, samples.get(Fields.stats) or [{} for _ in rows])


def filter_single(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> bool:
    """As `filter_batched`, of one row."""
    return filter_batched(self, {key: [value] for key, value in sample.items()})[0]


def rewrite_batched(self: Any, samples: dict[str, list], *_: Any, **__: Any) -> dict:
    """Return the rows that our mapper makes of these."""
    ours = Ours(self)
    key = self.text_key
    if ours.line.generates:
        return ours.make(rows_of(samples))
    samples[key] = ours.line.operator.rewrite(samples[key], ours.line.deciding)
    return samples


def rewrite_single(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> dict:
    """As `rewrite_batched`, of one row that stays one."""
    (text,) = rewrite_batched(self, {self.text_key: [sample[self.text_key]]})[self.text_key]
    return {**sample, self.text_key: text}


def compute_hash(self: Any, sample: dict[str, Any], *_: Any, **__: Any) -> dict:
    """Write what our deduplicator compares into one row."""
    for name, values in Ours(self).values([sample], [{}]).items():
        sample[name] = values[0]
    return sample


def deduplicate(self: Any, dataset: Any, show_num: int = 0) -> tuple[Any, dict]:
    """Return the rows of a hashed data set that our deduplicator keeps, and no examples."""
    ours = Ours(self)
    values = {}
    for name in ours.line.operator.STATS:
        if name in dataset.features:
            values[name] = list(dataset[name])
    flags = ours.line.operator.keep(values, ours.line.deciding)
    return dataset.select([place for place, kept in enumerate(flags) if kept]), {}


def select(self: Any, dataset: Any) -> Any:
    """Return the rows of a data set that our selector chooses."""
    from bettersynth.measuring.field_values import field_value

    ours = Ours(self)
    paths = ours.line.compared_fields
    values = [field_value(row, paths[0], "data_juicer") if paths else None for row in dataset]
    return dataset.select(ours.line.operator.select(values, ours.line.deciding))


# by the kind of an operator, the methods of its class that ours stand in for
STAND_INS: dict[str, dict[str, Callable[..., Any]]] = {
    "filter": {
        "compute_stats_single": compute_stats_single,
        "compute_stats_batched": compute_stats_batched,
        "process_single": filter_single,
        "process_batched": filter_batched,
    },
    "mapper": {"process_single": rewrite_single, "process_batched": rewrite_batched},
    "deduplicator": {"compute_hash": compute_hash, "process": deduplicate},
    "selector": {"process": select},
}


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
    for method, function in STAND_INS[name.rpartition("_")[2]].items():
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
