"""One file per operator, named as in Data-Juicer.

`load_operator` turns the name in a recipe into its module.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from bettersynth.errors import UserError, did_you_mean, nearest_first

# what older recipes of Data-Juicer call an operator
OLDER_NAMES = {"face_area_filter": "image_face_ratio_filter"}
# what Data-Juicer has and we do not, by the reason
LEFT_OUT = {
    "draws without a seed, so that no run could be repeated": [
        "nlpaug_en_mapper",
        "nlpcda_zh_mapper",
    ],
    "needs weights that nothing here could test": [
        "image_tagging_mapper",
        "image_tagging_vlm_mapper",
        "image_detection_yolo_mapper",
        "image_segment_mapper",
        "image_remove_background_mapper",
        "sdxl_prompt2prompt_mapper",
        "imgdiff_difference_area_generator_mapper",
        "imgdiff_difference_caption_generator_mapper",
    ],
    "runs code from a recipe": ["python_lambda_mapper", "python_file_mapper"],
}
KINDS = ("filter", "mapper", "deduplicator", "selector")


def operator_names() -> list[str]:
    """Return the name of every operator: the files of this folder that end in a kind."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return sorted(name for name in names if name.rpartition("_")[2] in KINDS)


def load_operator(name: str) -> ModuleType:
    """Return the module of one operator; `bettersynth.measuring.protocols` says what it holds.

    Raises:
        UserError: no operator has this name.
    """
    for reason, left_out in LEFT_OUT.items():
        if name in left_out:
            raise UserError(
                f"Data-Juicer's {name} is not here: it {reason}; leave it out (docs/operators.md)"
            )
    names = operator_names()
    if name not in names:
        raise UserError(
            f"there is no operator {name}{did_you_mean(name, names)}; the operators are: "
            f"{nearest_first(name, names)} (docs/operators.md)"
        )
    return importlib.import_module(f"bettersynth.operators.{name}")
