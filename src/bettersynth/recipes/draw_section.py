"""The section `draw` of `params.yaml`, with the settings of its operator.

No data is read and nothing heavy is imported, so that settings are checked before any stage runs.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from bettersynth.data.tables.samples import text_fields
from bettersynth.errors import UserError
from bettersynth.operators import load_operator
from bettersynth.recipes.filter_section import SIMILARITY_OPERATOR
from bettersynth.settings.draw import DrawSettings
from bettersynth.settings.reading import read_settings

WHERE = "params.yaml: draw.settings"
# settings of the operators that the stage decides itself
DECIDED = {
    "save_dir": "the pictures lie in data/draw/images",
    "keep_original_sample": "mix decides by mix.exchange_threshold whether a new picture comes in",
}


def read_drawing(settings: DrawSettings, params: dict[str, Any]) -> tuple[ModuleType, Any] | None:
    """Return the operator that draws and its settings; None where nothing is drawn.

    Raises:
        UserError: a setting that the operator has not, or that the stage decides; the similarity,
            by which samples are chosen, is not measured; a caption that no sample has.
    """
    if settings.mapper == "none":
        return None
    for name, reason in DECIDED.items():
        if name in settings.settings:
            raise UserError(f"{WHERE}.{name} is not for the pipeline: {reason}; leave it out")
    if SIMILARITY_OPERATOR not in (params.get("stats") or {}):
        raise UserError(
            f"params.yaml: stats lacks {SIMILARITY_OPERATOR}, by which draw chooses its samples; "
            "add it, or set draw.mapper to none"
        )
    operator = load_operator(settings.mapper)
    drawing = read_settings(operator.Settings, settings.settings, WHERE)
    key = drawing.caption_key
    if key is not None and key not in text_fields():
        known = ", ".join(text_fields())
        raise UserError(f"{WHERE}.caption_key is {key}; a sample's fields of words are: {known}")
    return operator, drawing
