"""The top level of a recipe file that `bettersynth run`, `analyze` and `audit` take."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bettersynth.data.files.jsonl_rows import SUFFIXES, dataset_files
from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.sample_rows import RowForm
from bettersynth.data.samples.text_form import EOC_TOKEN, IMAGE_TOKEN
from bettersynth.errors import UserError
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.settings.reading import load_params, read_settings

# Settings of Data-Juicer's recipes that change nothing about the result here; a recipe may hold
# them.
_READ_OVER = """
    project_name executor_type export_in_parallel
    audio_key audio_special_token video_key video_special_token image_bytes_key
    turbo skip_op_error ds_cache_dir cache_compress open_monitor use_checkpoint checkpoint
    temp_dir open_tracer op_list_to_trace trace_num trace_keys open_insight_mining op_list_to_mine
    op_fusion fusion_strategy mapper_fusion adaptive_batch_size percentiles
    export_original_dataset save_stats_in_one_file work_dir job_id resume strict_preflight
    use_dag debug ray_address event_logging hpo_config
    data_probe_algo data_probe_ratio auto auto_num min_common_dep_num_to_combine
    conflict_resolve_strategy auto_op_parallelism custom_operator_paths
    checkpoint_dir mapper_fusion_vram_limit partition partition_dir
    elastic_juicer_adaptive_batching elastic_juicer_profile_seed event_log_dir override_num_blocks
"""
READ_OVER = frozenset(_READ_OVER.split())
# Settings of Data-Juicer's that would change what is read or written. What is not done is refused
# by name; the values that stand beside them ask for nothing.
REFUSED: dict[str, tuple[Any, ...]] = {
    "dataset": (),
    "generated_dataset_config": (),
    "load_dataset_kwargs": (),
    "read_options": (),
    "validators": (),
    "export_type": ("jsonl",),
    "export_shard_size": (0,),
    "export_extra_args": (),
}


@dataclass(frozen=True)
class RunSettings:
    """The settings of a recipe file, with Data-Juicer's names.

    `compat: data_juicer` gives Data-Juicer's numbers where they differ (docs/operators.md lists
    each case). A row that cannot be measured is set aside and counted; more than
    `max_reject_share` of all rows ends the run. `cheap_first` lets filters change places where
    the result is the same.
    """

    dataset_path: str
    export_path: str = "./outputs/hello_world/hello_world.jsonl"
    process: list[Any] = field(default_factory=list)
    suffixes: list[str] | str | None = None
    np: int = 1
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

    def __post_init__(self) -> None:
        if not self.text_keys:
            raise UserError("text_keys is empty; it must name the field that holds the text")
        for suffix in self.read_suffixes:
            if suffix not in SUFFIXES:
                raise UserError(f"suffixes names {suffix}; what can be read: {', '.join(SUFFIXES)}")

    @property
    def form(self) -> RowForm:
        """Which keys of a row are read, and its tokens; of several text keys the first counts."""
        text_key = self.text_keys if isinstance(self.text_keys, str) else self.text_keys[0]
        tokens = Tokens(self.image_special_token, self.eoc_special_token)
        return RowForm(text_key, self.image_key, tokens)

    @property
    def read_suffixes(self) -> tuple[str, ...]:
        """The endings of the files that are read of a folder, each with its point."""
        given = [self.suffixes] if isinstance(self.suffixes, str) else self.suffixes or SUFFIXES
        return tuple(f".{suffix.removeprefix('.')}" for suffix in given)

    @property
    def datasets(self) -> list[Path]:
        """The files of the data set.

        Raises:
            UserError: there is none.
        """
        return dataset_files(self.dataset_path, self.read_suffixes)

    @property
    def export(self) -> Path:
        """The file that the rows are written to."""
        return Path(self.export_path)

    @property
    def stats_export(self) -> Path:
        return self.export.with_name(f"{self.export.stem}_stats.jsonl")

    @property
    def rejects_export(self) -> Path:
        return self.export.with_name(f"{self.export.stem}_rejects.jsonl")


def read_run(path: Path) -> tuple[RunSettings, list[Line]]:
    """Return the settings and lines of the recipe at `path`.

    Raises:
        UserError: an unknown setting or operator (the valid ones are named).
    """
    every = load_params(path)
    values: dict[str, Any] = {}
    for name, value in every.items():
        if name in REFUSED:
            _refuse(name, value, path)
        elif name not in READ_OVER:
            values[name] = value
    settings = read_settings(RunSettings, values, str(path))
    lines = read_recipe(settings.process, f"{path}: process", settings.compat)
    if settings.export.suffix != ".jsonl":
        raise UserError(f"{path}: export_path {settings.export_path} must end in .jsonl")
    return settings, lines


def _refuse(name: str, value: Any, path: Path) -> None:
    """Raise a UserError if a setting of `REFUSED` asks for anything."""
    if value and value not in REFUSED[name]:
        hint = "; dataset_path names the data set" if name == "dataset" else ""
        raise UserError(
            f"{path}: {name} {value!r} would change what is read or written and is not done here; "
            f"leave it out{hint}"
        )
