"""`${watched:SETTING,ELSE}` in conf/config.yaml: the file or folder that a setting names, for
dvc.yaml, which can interpolate paths but has no "if". ELSE is a path that the stage watches anyway.

A stage before may make the file, or ELSE may hold it: then ELSE stands for it. The same of a folder
that holds the whole project, which DVC cannot watch (the settings check refuses it).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError

ARCHIVES = "data/archives"
"""The fetch stage's output, as dvc.yaml has it."""
MADE_FOR_NANO = {"hf_blip": "models/captioner"}
"""What `nano` means to a setting of a stat, where dvc.yaml does not list it for every stat."""
LANGUAGE_MODEL = "models/language-model"
"""The stage pretrain_lm's output, as dvc.yaml has it."""
# places in dvc.yaml, which has no list: as bettersynth.settings.one_source has it
MOST_FILES = 6
# the same of the paths among a stat's settings: a model, its decoder or tokenizer, its lists
MOST_OF_A_STAT = 3


def watched(setting: str, otherwise: str, *, _root_: Any) -> str:
    """Return the path that `setting` names, `otherwise` where it names none.

    Raises:
        InterpolationResolutionError: of `seeds` dvc.yaml can make no stages.
    """
    _require_seeds(_root_)
    value = OmegaConf.select(_root_, setting)
    return _path(value, otherwise) if value else otherwise


def watched_if_there(setting: str, otherwise: str, *, _root_: Any) -> str:
    """As `watched`, of a setting that names a model: a folder, or an id on a hub."""
    value = OmegaConf.select(_root_, setting)
    return _path(value, otherwise) if _is_there(value) else otherwise


def watched_unless_all(setting: str, decisions: str, otherwise: str, *, _root_: Any) -> str:
    """Return `decisions` where `setting` asks for a part of the samples, else `otherwise`.

    A caption stage that always watched them would run again with each moved threshold.
    """
    return otherwise if OmegaConf.select(_root_, setting) == "all" else decisions


def watched_stats(section: str, otherwise: str, *, _root_: Any) -> DictConfig:
    """Return for each stat of a section its `operator`, and as `path_1`, ... the paths among its
    settings, else `otherwise`.

    A stat is called as its operator where it says none.
    """
    stats = {}
    for name, entry in (OmegaConf.select(_root_, section) or {}).items():
        settings = dict(entry) if isinstance(entry, Mapping) else {}
        operator = settings.pop("operator", None)
        for setting in MADE_FOR_NANO.keys() & settings.keys():
            if settings[setting] == "nano":
                settings[setting] = MADE_FOR_NANO[setting]
        there = [value for value in settings.values() if _is_there(value)]
        watched_of_stat = {"operator": str(operator or name)}
        for number in range(1, MOST_OF_A_STAT + 1):
            # more of them are refused by the settings check
            path = there[number - 1] if number <= len(there) else otherwise
            watched_of_stat[f"path_{number}"] = _path(path, otherwise)
        stats[str(name)] = watched_of_stat
    return OmegaConf.create(stats)


def watched_sources(section: str, otherwise: str, *, _root_: Any) -> DictConfig:
    """Return the `file_1`, `images_1`, ... that the sources of a section name, else `otherwise`."""
    places = {}
    for number in range(1, MOST_FILES + 1):
        places[f"file_{number}"] = places[f"images_{number}"] = otherwise
    sources = OmegaConf.select(_root_, section)
    # a list of them is refused by the settings check
    named_sources = sources.values() if isinstance(sources, Mapping) else []
    entries = [entry for entry in named_sources if isinstance(entry, Mapping)]
    named = [entry for entry in entries if entry.get("file") or entry.get("images")]
    # more of them are refused by the settings check
    for number, entry in enumerate(named[:MOST_FILES], 1):
        for setting in ("file", "images"):
            if entry.get(setting):
                places[f"{setting}_{number}"] = _path(entry[setting], otherwise)
    return OmegaConf.create(places)


def watched_text(section: str, *, _root_: Any) -> DictConfig:
    """Return what dvc.yaml watches of the text that a language model is trained on, under the name
    `text`: its `language_model`, `deepspeed` and `file_1` to `file_6`. Nothing without text: then
    dvc.yaml makes no stage of it.
    """
    text = OmegaConf.select(_root_, f"{section}.text")
    # what is no mapping is refused by the settings check
    if not isinstance(text, Mapping):
        return OmegaConf.create({})
    model = os.path.normpath(str(text.get("language_model")))
    places = {"language_model": model, "deepspeed": _path(text.get("deepspeed") or model, model)}
    files = []
    for setting in ("train_files", "held_out_files"):
        named = text.get(setting)
        files += list(named) if isinstance(named, ListConfig) else []
    for number in range(1, MOST_FILES + 1):
        # more of them are refused by the settings check
        name = files[number - 1] if number <= len(files) else model
        places[f"file_{number}"] = _path(name, model)
    return OmegaConf.create({"text": places})


def _require_seeds(root: Any) -> None:
    """Every composition asks for a path here, and DVC's own words for wrong seeds say nothing."""
    # DVC may have been installed apart from this project
    with contextlib.suppress(ImportError):
        from bettersynth.errors import UserError
        from bettersynth.settings.seeds import read_seeds

        seeds = OmegaConf.select(root, "seeds")
        try:
            read_seeds(list(seeds) if isinstance(seeds, ListConfig) else seeds)
        except UserError as error:
            raise InterpolationResolutionError(str(error)) from None


def _is_there(value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    # what a stage puts there is not there yet when a run from nothing is composed
    made = _holds(ARCHIVES, value) or value in (*MADE_FOR_NANO.values(), LANGUAGE_MODEL)
    return made or Path(value).exists()


def _path(value: Any, otherwise: str) -> str:
    path = os.path.normpath(str(value))
    if _holds(otherwise, path) or _holds(path, "."):
        return otherwise
    return path


def _holds(folder: str, path: str) -> bool:
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))


RESOLVERS = (
    watched,
    watched_if_there,
    watched_unless_all,
    watched_stats,
    watched_sources,
    watched_text,
)


class Watched(SearchPathPlugin):
    """Hydra asks each of these for folders before it composes: the moment to add resolvers."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Add the resolvers that conf/ calls by name; adds no folder."""
        for resolver in RESOLVERS:
            OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
