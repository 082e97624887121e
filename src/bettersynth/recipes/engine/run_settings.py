"""The top level of a recipe file that `bettersynth run`, `analyze` and `audit` take."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.files.addresses import is_address, without_login
from bettersynth.data.row_files.carried_pictures import CarriedPictures
from bettersynth.data.row_files.data_set import Source, dataset_files, parse_dataset_path
from bettersynth.data.row_files.reading import ROW_ENDINGS, RowReader
from bettersynth.data.row_files.writing import kind_of
from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN
from bettersynth.errors import UserError
from bettersynth.measuring.launching import Launch
from bettersynth.recipes.engine.foreign_settings import not_obeyed, own_settings
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.settings.launch import require_engine
from bettersynth.settings.reading import load_params, read_settings, threads


@dataclass(frozen=True)
class SourceSettings:
    """One of several sources: a local file or folder, and its weight where rows are drawn."""

    path: str
    type: Literal["local"] = "local"
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.weight < 0:
            raise UserError(f"dataset.configs: weight {self.weight:g} of {self.path} is below 0")


@dataclass(frozen=True)
class DataSetSettings:
    """Data-Juicer's `dataset`: sources, and how many rows are drawn of them all."""

    configs: list[SourceSettings]
    max_sample_num: int | None = None

    def __post_init__(self) -> None:
        if not self.configs:
            raise UserError("dataset.configs is empty; it must name a source")
        if self.max_sample_num is not None and self.max_sample_num < 1:
            raise UserError(f"dataset.max_sample_num is {self.max_sample_num}; it must be above 0")


@dataclass(frozen=True)
class RunSettings:
    """The settings of a recipe file, with Data-Juicer's names.

    `compat: data_juicer` gives Data-Juicer's numbers where they differ (docs/operators.md lists
    each case). A row that cannot be measured is set aside and counted; more than
    `max_reject_share` of all rows ends the run. `cheap_first` lets filters change places where
    the result is the same. `np` processes work, one a core at most: of this machine, or with
    `engine: ray` of the Ray cluster at `address` (null: one that is started for the run).
    """

    dataset_path: str = ""
    dataset: DataSetSettings | None = None
    export_path: str = "./outputs/hello_world/hello_world.jsonl"
    export_type: Literal["jsonl", "json", "parquet", "webdataset"] | None = None
    export_shard_size: int = 0  # bytes
    process: list[Any] = field(default_factory=list)
    suffixes: list[str] | str | None = None
    np: int = 1
    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    text_keys: str | list[str] = "text"
    image_key: str = "images"
    image_special_token: str = IMAGE_TOKEN
    eoc_special_token: str = EOC_TOKEN
    keep_stats_in_res_ds: bool = False
    keep_hashes_in_res_ds: bool = False
    use_cache: bool = True
    compat: Literal["", "data_juicer"] = ""
    max_reject_share: float = 0.05  # a user's own files: one in twenty may be broken
    cheap_first: bool = True
    # NAME_dropped.jsonl: the rows that each line dropped, at most `trace_num` a line
    open_tracer: bool = False
    op_list_to_trace: list[str] = field(default_factory=list)
    trace_num: int | None = None
    trace_keys: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.text_keys:
            raise UserError("text_keys is empty; it must name the field that holds the text")
        if not self.dataset_path and self.dataset is None:
            raise UserError("dataset_path is not set; it names the data set")
        for name in ("image_special_token", "eoc_special_token"):
            if not getattr(self, name):
                raise UserError(f"{name} is empty, which every text holds everywhere")
        if self.np < 1:
            raise UserError(f"np is {self.np}; it must be 1 or more processes")
        require_engine(self.engine, self.address)
        if not 0 <= self.max_reject_share <= 1:
            raise UserError(f"max_reject_share is {self.max_reject_share:g}; it must be in [0, 1]")
        # as for Data-Juicer: a folder of this very name would be made
        if self.export_path.startswith("~"):
            raise UserError(f"export_path {self.export_path}: write out the folder that ~ means")
        if is_address(self.export_path):
            raise UserError(
                f"export_path {without_login(self.export_path)} is an address; name a file of this "
                "machine, and copy it there when it is written"
            )
        for name in ("export_shard_size", "trace_num"):
            if (getattr(self, name) or 0) < 0:
                raise UserError(f"{name} is {getattr(self, name)}; it must not be below 0")
        for suffix in self.read_suffixes:
            if suffix not in ROW_ENDINGS:
                readable = ", ".join(ROW_ENDINGS)
                raise UserError(f"suffixes names {suffix}; what can be read: {readable}")

    @property
    def form(self) -> RowForm:
        """Which keys of a row are read, and its tokens; of several text keys the first counts."""
        text_key = self.text_keys if isinstance(self.text_keys, str) else self.text_keys[0]
        tokens = Tokens(self.image_special_token, self.eoc_special_token)
        return RowForm(text_key, self.image_key, tokens)

    @property
    def launch(self) -> Launch:
        """Who runs the rows: here no more processes than there are cores."""
        if self.engine == "ray":
            return Launch("ray", self.np, self.address)
        return Launch("local", min(self.np, threads()))

    @property
    def shares_scores(self) -> bool:
        """Whether the rows' scores are looked up and kept: not by workers of several machines.

        The file system between them may not know the locks of SQLite.
        """
        return self.use_cache and self.address is None

    @property
    def read_suffixes(self) -> tuple[str, ...]:
        """The endings of the files that are read of a folder, each with its point."""
        given = [self.suffixes] if isinstance(self.suffixes, str) else self.suffixes or ROW_ENDINGS
        return tuple(f".{suffix.lower().removeprefix('.')}" for suffix in given)

    @property
    def sources(self) -> list[Source]:
        """The sources of the data set: those of `dataset_path`, else those of `dataset`.

        Raises:
            UserError: weights and paths of `dataset_path` do not alternate.
        """
        if self.dataset_path or self.dataset is None:
            return parse_dataset_path(self.dataset_path)
        return [Source(source.path, source.weight) for source in self.dataset.configs]

    @property
    def data_set_name(self) -> str:
        """What the data set is called in messages."""
        if self.dataset_path:
            return self.dataset_path
        return " ".join(source.path for source in self.sources)

    @property
    def drawn_rows(self) -> int | None:
        """How many rows are drawn of the sources by their weights; None reads all of them."""
        if self.dataset_path or self.dataset is None:
            return None
        return self.dataset.max_sample_num

    # looked up once: a folder may hold a hundred thousand pictures beside its rows
    @functools.cached_property
    def datasets(self) -> list[Path]:
        """The files of the data set.

        Raises:
            UserError: there is none.
        """
        files: list[Path] = []
        for source in self.sources:
            if is_address(source.path):
                raise UserError(
                    f"dataset_path {without_login(source.path)} is an address; rows are read from "
                    "files of this machine: copy it here first"
                )
            files += dataset_files(source.path, self.read_suffixes)
        return files

    @property
    def reader(self) -> RowReader:
        """What reads the files; pictures that they carry go into `NAME_images`."""
        return RowReader(self.form, CarriedPictures(self._beside("_images")))

    @property
    def export(self) -> Path:
        """The file that the rows are written to."""
        return Path(self.export_path)

    def _beside(self, ending: str) -> Path:
        """Return the path beside the export that is called as it is, with another ending."""
        return self.export.with_name(f"{self.export.stem}{ending}")

    @property
    def stats_export(self) -> Path:
        """The file of each row's stats."""
        return self._beside("_stats.jsonl")

    @property
    def rejects_export(self) -> Path:
        """The file of the rows that were set aside, and why."""
        return self._beside("_rejects.jsonl")

    @property
    def dropped_export(self) -> Path:
        """The file of the rows that lines dropped, for `open_tracer`."""
        return self._beside("_dropped.jsonl")

    @property
    def drawn_export(self) -> Path:
        """The file of the rows that were drawn of several sources, which the run reads."""
        return self._beside("_drawn.jsonl")

    @property
    def export_kind(self) -> str:
        """The kind of file that the rows are written as.

        Raises:
            UserError: neither `export_type` nor the ending of `export_path` says it.
        """
        return kind_of(self.export, self.export_type)


def read_run(path: Path, warn: bool = True) -> tuple[RunSettings, list[Line]]:
    """Return the settings and lines of the recipe at `path`; `warn` of what is not obeyed.

    Raises:
        UserError: an unknown setting or operator (the valid ones are named).
    """
    every = load_params(path)
    values = own_settings(every, path)
    if not values.get("dataset"):
        values.pop("dataset", None)
    settings = read_settings(RunSettings, values, str(path))
    lines = read_recipe(settings.process, f"{path}: process", settings.compat)
    names = {line.name for line in lines}
    for name in settings.op_list_to_trace:
        if name not in names:
            raise UserError(f"{path}: op_list_to_trace names {name}, which is no line of process")
    try:
        _ = settings.export_kind
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    for warning in _warnings(settings, lines, every) if warn else ():
        print(f"warning: {path}: {warning}", file=sys.stderr)
    return settings, lines


def _warnings(settings: RunSettings, lines: Sequence[Line], every: dict[str, Any]) -> list[str]:
    """Return what a recipe asks for and does not get, in words."""
    warnings: list[str] = []
    if names := not_obeyed(every):
        they = "they change" if len(names) > 1 else "it changes"
        warnings.append(f"not obeyed: {', '.join(names)}; {they} no row here")
    if settings.dataset_path and settings.dataset is not None:
        warnings.append("dataset is not read: dataset_path goes before it")
    if settings.address is not None and settings.use_cache:
        warnings.append("a cluster of several machines neither reads nor fills the score cache")
    if settings.np > threads() and settings.engine == "local":
        warnings.append(f"np is {settings.np}, and {threads()} processes work: one a core")
    makers = dict.fromkeys(line.name for line in lines if line.generates)
    if settings.np > 1 and makers:
        warnings.append(
            f"np is {settings.np}, and one process works where new samples are made: "
            f"{', '.join(makers)}"
        )
    weights = {source.weight for source in settings.sources}
    if weights != {1.0} and settings.drawn_rows is None:
        warnings.append(
            "all rows of all sources are read: weights count only with dataset.max_sample_num"
        )
    return warnings
