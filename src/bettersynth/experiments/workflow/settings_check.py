"""The settings of every stage, checked before the first one runs: a wrong name in `finetune` must
not wait for hours of `pretrain`.

Nothing heavy is imported for it: a section has its dataclass in `settings/SECTION.py`, and
operators and captioners import their libraries only where they use them.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bettersynth.data.files.reading import read_object, require_mapping
from bettersynth.errors import UserError, did_you_mean, warn
from bettersynth.experiments.workflow.captioner_check import require_captioner, require_truth
from bettersynth.experiments.workflow.experiment import composed_params
from bettersynth.experiments.workflow.named_files import listed_paths, require_named_files
from bettersynth.experiments.workflow.sources_check import require_sources_and_weights
from bettersynth.experiments.workflow.stage_inputs import value_at
from bettersynth.experiments.workflow.text_check import require_text, untouched_model
from bettersynth.experiments.workflow.things_check import require_things
from bettersynth.experiments.workflow.watched_files import require_watched
from bettersynth.recipes.draw_section import read_drawing
from bettersynth.recipes.filter_section import read_lines, require_similarity
from bettersynth.recipes.rewrite_section import read_mappers
from bettersynth.recipes.stats_section import stats_settings
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.draw import DrawSettings
from bettersynth.settings.files import NeededSettings
from bettersynth.settings.instruction import InstructionSettings
from bettersynth.settings.mix import MixSettings
from bettersynth.settings.model import ModelSettings, used_layers
from bettersynth.settings.reading import load_params, read_settings
from bettersynth.settings.seeds import read_seeds

# Sections that no stage of dvc.yaml lists under `params`: where things lie, how processes start,
# a step that is run by hand.
BESIDE_THE_STAGES = {"challenge", "files", "launch", "nano_decoder", "watched"}
# Sections that are no dataclass: a plain value, or entries that each have one.
WITHOUT_DATACLASS = {"challenge", "files", "seeds", "stats", "watched"}
# Those of them that hold entries.
OF_ENTRIES = ("files", "stats", "watched")
# Sections that params.yaml may lack.
OPTIONAL = {"challenge", "files", "nano_decoder"}

CLIP_CONFIG = "config.json"
# where its config.json does not say: the default of transformers' CLIPVisionConfig
CLIP_LAYERS = 12

# a cosine
HIGHEST_SIMILARITY = 1

QUICKLY_READ_BYTES = 64 * 2**20

# The second is composed from the first.
SAME_FOLDER = [
    ("towers.vision_tower", "model.vision_tower"),
    ("towers.vision_tower_aux", "model.vision_tower_aux"),
    ("scorer.folder", "stats.image_text_similarity_filter.hf_clip"),
]


def require_valid_settings(
    params: dict[str, Any], dvc_yaml: str | Path = "dvc.yaml", warns: bool = True
) -> None:
    """Pass if every section is one that a stage reads, and holds what that stage accepts.

    If it `warns`, it names what would be made for nothing.

    Raises:
        UserError: an unknown section or setting (the valid ones are named), one that is missing,
            one of another type, one that does not go with another, or instruction data that
            stage 2 would refuse.
    """
    # First of all, since dvc.yaml makes its stages of them.
    read_seeds(params.get("seeds"))
    known = sections_read(dvc_yaml) | BESIDE_THE_STAGES
    for section in params:
        if section not in known:
            raise UserError(f"params.yaml: no stage reads {_with_hint(str(section), known)}")
    read: dict[str, Any] = {}
    for section in sorted(known - WITHOUT_DATACLASS):
        if section in params or section not in OPTIONAL:
            where = f"params.yaml: {section}"
            read[section] = read_settings(settings_class(section), params.get(section), where)
    for name in OF_ENTRIES:
        require_mapping(params.get(name) or {}, f"params.yaml: {name}")
    for name, entry in (params.get("files") or {}).items():
        if entry is not None:
            read_settings(NeededSettings, entry, f"params.yaml: files.{name}")
    for name in params.get("stats") or {}:
        stats_settings(params, name)
    read_mappers(read["rewrite"])
    read_lines(read["filter"], params)
    read_drawing(read["draw"], params)
    require_similarity(read["caption"], read["mix"], params)
    require_captioner(read["caption"], read["captioner"], params.get("stats") or {}, read["source"])
    require_truth(read["caption"], read["filter"], read["source"], read["pool"])
    _require_language_model(read, params)
    require_sources_and_weights(read["source"], read["mix"], read["instruction"])
    require_things(read["benchmark"], read["instruction"], read["source"], read["score"])
    _require_trainable(read["instruction"])
    _require_layer(read["model"])
    _require_same_folders(params)
    require_named_files(params, listed_paths(params.get("files") or {}))
    require_watched(params)
    if warns:
        for words in made_in_vain(read["caption"], read["draw"], read["mix"]):
            warn(f"params.yaml: {words}")


def made_in_vain(caption: CaptionSettings, draw: DrawSettings, mix: MixSettings) -> list[str]:
    """Return a line for each stage whose new captions or pictures the mix will not look at."""
    if not mix.exchange:
        reason = "mix.exchange is false"
    elif mix.exchange_threshold >= HIGHEST_SIMILARITY and mix.new_captions_pass != "none":
        reason = f"no similarity is above mix.exchange_threshold {mix.exchange_threshold:g}"
    else:
        return []
    lines = []
    if caption.captioner != "none":
        lines.append(
            f"{reason}, so the captions that the stage caption makes are not trained on; "
            "caption=none makes none"
        )
    if draw.mapper != "none":
        lines.append(
            f"{reason}, so the pictures that the stage draw makes are not trained on; "
            "draw=none makes none"
        )
    return lines


def require_valid_experiments(names: Sequence[str]) -> None:
    """Pass if the settings of these experiments of conf/experiment are valid.

    Raises:
        UserError: the first wrong one, with its experiment.
    """
    for name in names:
        try:
            require_valid_settings(composed_params(name))
        except UserError as error:
            raise UserError(f"experiment {name}: {error}") from None


def settings_class(section: str) -> type:
    """Return the dataclass of a section: `pretrain_lm` is `PretrainLmSettings` of its module."""
    module = importlib.import_module(f"bettersynth.settings.{section}")
    name = section.title().replace("_", "") + "Settings"
    return getattr(module, name)


def sections_read(dvc_yaml: str | Path) -> set[str]:
    """Return the sections of params.yaml that the stages of `dvc_yaml` name under `params`."""
    sections: set[str] = set()
    for stage in load_params(dvc_yaml)["stages"].values():
        # A stage with `foreach` has its body under `do`; `stats.${key}` is a part of a section.
        names = stage.get("do", stage).get("params", [])
        sections.update(name.partition(".")[0] for name in names)
    return sections


def _require_language_model(read: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    pretrain_lm, language_model = read["pretrain_lm"], read["model"].language_model
    require_text(pretrain_lm, language_model, listed_paths(params.get("files") or {}))
    values: list[Any] = []
    for entry in (params.get("stats") or {}).values():
        values += entry.values() if isinstance(entry, Mapping) else []
    if words := untouched_model(pretrain_lm, language_model, values):
        warn(f"params.yaml: {words}")


def _require_trainable(instruction: InstructionSettings) -> None:
    """Pass if stage 2 can be trained on the user's instruction data, where it is at hand.

    A file that takes more than a second or two to read is left to the stage `instruction`.

    Raises:
        UserError: as `read_conversations`.
    """
    if not instruction.file or not instruction.images:
        return
    # Pillow and pyarrow, which the built data does without here
    from bettersynth.data.instruction.published_files import (
        read_conversations,
        require_llava_file,
    )

    file = Path(instruction.file)
    if not file.exists():
        return
    require_llava_file(file)
    if file.stat().st_size <= QUICKLY_READ_BYTES:
        read_conversations(file, Path(instruction.images))


def _require_layer(model: ModelSettings) -> None:
    """Pass if the low-resolution tower has the layer that is used, where it is at hand.

    Raises:
        UserError: it has fewer, or its configuration does not say how many.
    """
    config = Path(model.vision_tower or "", CLIP_CONFIG)
    if model.vision_tower is None or not config.is_file():
        return
    values = read_object(config, may_have=("vision_config",))
    layers = values.get("vision_config", values).get("num_hidden_layers", CLIP_LAYERS)
    if not isinstance(layers, int):
        raise UserError(f"{config}: num_hidden_layers is {layers!r}; it must be a whole number")
    used_layers(model.mm_vision_select_layer, layers)


def _require_same_folders(params: dict[str, Any]) -> None:
    """Pass if what conf/ composes to one folder in two sections is still one.

    Raises:
        UserError: params.yaml was edited at one of them alone.
    """
    for first, second in SAME_FOLDER:
        folder = value_at(params, first)
        other = value_at(params, second)
        if folder and other and folder != other:
            raise UserError(
                f"params.yaml: {first} is {folder}, but {second} is {other}; set both, or compose "
                f"them: `bettersynth compose {first}={folder}`"
            )


def _with_hint(section: str, known: set[str]) -> str:
    return f"{section}{did_you_mean(section, known)}; what they read: {', '.join(sorted(known))}"
