"""Who describes pictures anew, checked before the first stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bettersynth.data.sources.emoji_drawings import STYLES
from bettersynth.errors import UserError, did_you_mean
from bettersynth.models.captioners import captioner_module
from bettersynth.settings.caption import CaptionSettings
from bettersynth.settings.captioner import CaptionerSettings
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.reading import read_settings
from bettersynth.settings.source import PICTURES, SourceSettings


def require_captioner(
    caption: CaptionSettings,
    captioner: CaptionerSettings,
    stats: Mapping[str, Any],
    source: SourceSettings,
) -> None:
    """Pass if the captioner that is asked has valid settings and what it needs of this pipeline.

    Raises:
        UserError: the setting that is wrong, or that asks it, is named.
    """
    if caption.captioner != "none":
        module = captioner_module(caption.captioner, "params.yaml: caption.captioner")
        settings = read_settings(module.Settings, caption.settings, "params.yaml: caption.settings")
        if caption.captioner == "nano_neighbours":
            _require_bank(settings.bank, source)
    _require_trained_captioner(caption, captioner, stats)


def require_truth(
    caption: CaptionSettings, filter: FilterSettings, source: SourceSettings, pool: PoolSettings
) -> None:
    """Pass if the true captions are known, or no control asks for them.

    Of the user's own pairs they are not, unless mismatches are planted among them.

    Raises:
        UserError: the control is named.
    """
    asking = ["caption.captioner is oracle"] if caption.captioner == "oracle" else []
    asking += ["filter.oracle is true"] if filter.oracle else []
    if asking and not source.from_packages and not pool.planted_share:
        raise UserError(
            f"params.yaml: {asking[0]}, which knows planted mismatches, but none are planted among "
            "your own pairs; choose another, or set pool.planted_share"
        )


def _require_bank(bank: str, source: SourceSettings) -> None:
    """Pass if the packages that are fetched hold pictures of the source `bank`."""
    fetched = {package.name for package in source.wanted_packages}
    names = PICTURES | {style.package: style.name for style in STYLES}
    known = sorted(name for package, name in names.items() if package in fetched)
    if bank not in known:
        raise UserError(
            f"params.yaml: caption.settings.bank is {bank}{did_you_mean(bank, known)}; the sources "
            f"of pictures are: {', '.join(known) or 'none (source.embedded is false)'}"
        )


def _require_trained_captioner(
    caption: CaptionSettings, captioner: CaptionerSettings, stats: Mapping[str, Any]
) -> None:
    """Pass if nano's captioner is trained, or nothing asks it.

    Raises:
        UserError: the setting that asks it is named.
    """
    asking = ["caption.captioner"] if caption.captioner == "nano_prefix" else []
    for name, entry in stats.items():
        if isinstance(entry, Mapping) and entry.get("hf_blip") == "nano":
            asking.append(f"stats.{name}.hf_blip")
    if asking and not captioner.train:
        raise UserError(
            f"params.yaml: {asking[0]} asks nano's captioner, but captioner.train is false; "
            "choose captioner=nano, or another model"
        )
