"""Settings of Data-Juicer's recipes that are not done here: refused, or named once in a warning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError

# They change no row here. Each with Data-Juicer's default, at which there is nothing to say.
READ_OVER: dict[str, Any] = {
    # labels; whatever they are called, nothing is lost
    "project_name": ...,
    "executor_type": "default",
    "export_in_parallel": False,
    "image_bytes_key": "image_bytes",
    "audio_key": "audios",
    "audio_special_token": "<__dj__audio>",
    "video_key": "videos",
    "video_special_token": "<__dj__video>",
    "turbo": False,
    "skip_op_error": True,
    "ds_cache_dir": None,
    "cache_compress": None,
    "open_monitor": False,
    "use_checkpoint": False,
    "checkpoint": {"enabled": True, "strategy": "every_n_ops", "n_ops": 5, "op_names": []},
    "checkpoint_dir": None,
    "event_logging": {"enabled": True},
    "event_log_dir": None,
    "temp_dir": None,
    "open_insight_mining": False,
    "op_list_to_mine": [],
    "op_fusion": False,
    "fusion_strategy": "probe",
    "mapper_fusion": True,
    "mapper_fusion_vram_limit": 0.9,
    "adaptive_batch_size": False,
    "percentiles": [],
    "export_original_dataset": False,
    "save_stats_in_one_file": False,
    "work_dir": None,
    "job_id": None,
    "resume": None,
    "strict_preflight": True,
    "use_dag": None,
    "debug": False,
    "ray_address": "auto",
    "hpo_config": None,
    "data_probe_algo": "uniform",
    "data_probe_ratio": 1.0,
    "auto": False,
    "auto_num": 1000,
    "min_common_dep_num_to_combine": -1,
    "conflict_resolve_strategy": "split",
    "auto_op_parallelism": True,
    "custom_operator_paths": None,
    "partition": {"mode": "auto"},
    "partition_size": None,
    "partition_dir": None,
    "elastic_juicer_adaptive_batching": False,
    "elastic_juicer_profile_seed": False,
    "override_num_blocks": None,
}
# They would change what is read or written; any value that asks for something is refused.
REFUSED = (
    "generated_dataset_config",
    "load_dataset_kwargs",
    "load_jsonl_lenient",
    "read_options",
    "validators",
    "export_extra_args",
    "export_aws_credentials",
    "decrypt_after_reading",
    "encrypt_before_export",
    "encryption_key_path",
)


def own_settings(every: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the settings of the recipe at `path` without those of this module.

    Raises:
        UserError: one that is refused asks for something.
    """
    own: dict[str, Any] = {}
    for name, value in every.items():
        if name in REFUSED:
            if value:
                raise UserError(
                    f"{path}: {name} {value!r} would change what is read or written and is not "
                    "done here; leave it out"
                )
        elif name not in READ_OVER:
            own[name] = value
    return own


def not_obeyed(every: Mapping[str, Any]) -> list[str]:
    """Return the settings that are read over although they ask for something, in their order."""
    return [name for name, value in every.items() if _asks(name, value)]


def _asks(name: str, value: Any) -> bool:
    """Whether a value of a setting that is read over differs from Data-Juicer's default."""
    default = READ_OVER.get(name, ...)
    if default is ...:
        return False
    if isinstance(default, dict) and isinstance(value, dict):
        return any(default.get(key) != item for key, item in value.items())
    # null, false and nothing all ask for nothing
    return value != default and bool(value or default)
