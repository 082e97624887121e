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
    "needs weights that nothing here could test": [
        "image_tagging_mapper",
        "image_detection_yolo_mapper",
        "image_segment_mapper",
        "image_remove_background_mapper",
        "sdxl_prompt2prompt_mapper",
        "imgdiff_difference_area_generator_mapper",
        "imgdiff_difference_caption_generator_mapper",
    ],
    "runs code from a recipe": ["python_lambda_mapper", "python_file_mapper"],
    "is Ray's own, and any operator runs on Ray here": [
        "ray_basic_deduplicator",
        "ray_document_deduplicator",
        "ray_image_deduplicator",
        "ray_bts_minhash_deduplicator",
        "ray_bts_minhash_cpp_deduplicator",
        "ray_repartition_pipeline",
    ],
    "moves files to or from S3": ["s3_download_file_mapper", "s3_upload_file_mapper"],
    "joins files of LaTeX": ["latex_merge_tex_mapper", "latex_figure_context_extractor_mapper"],
    "extracts entities or events": [
        "extract_entity_attribute_mapper",
        "extract_entity_relation_mapper",
        "extract_event_mapper",
        "extract_keyword_mapper",
        "extract_nickname_mapper",
        "extract_support_text_mapper",
        "relation_identity_mapper",
    ],
    "sees bodies or rooms in three dimensions": [
        "image_mmpose_mapper",
        "image_sam_3d_body_mapper",
        "vggt_mapper",
    ],
    "writes a robot's data": ["export_to_lerobot_mapper"],
}
# the same of whole families, by how their names begin or end
FAMILIES = {
    "is for video or audio; a sample here is text and pictures": ("video_", "audio_"),
    "is for what agents and dialogues leave": (
        "agent_",
        "dialog_",
        "query_intent_",
        "query_sentiment_",
        "query_topic_",
        "tool_success_",
    ),
    "makes one sample of many": ("_grouper", "_aggregator"),
}
# what does the same, or most of it
INSTEAD = {
    "image_tagging_mapper": "image_tagging_vlm_mapper asks a chat model for tags",
    "sdxl_prompt2prompt_mapper": "image_diffusion_mapper draws pictures anew",
    "python_lambda_mapper": "write an operator of your own (docs/add-an-operator.md)",
    "python_file_mapper": "write an operator of your own (docs/add-an-operator.md)",
    "ray_basic_deduplicator": "use document_deduplicator or image_deduplicator with engine: ray",
    "ray_document_deduplicator": "use document_deduplicator with engine: ray",
    "ray_image_deduplicator": "use image_deduplicator with engine: ray",
    "ray_bts_minhash_deduplicator": "use document_minhash_deduplicator with engine: ray",
    "ray_bts_minhash_cpp_deduplicator": "use document_minhash_deduplicator with engine: ray",
    "ray_repartition_pipeline": "use engine: ray alone",
    "latex_merge_tex_mapper": "expand_macro_mapper reads one file",
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
    names = operator_names()
    if name not in names and (reason := _reason_left_out(name)):
        advice = INSTEAD.get(name, "leave it out")
        raise UserError(
            f"Data-Juicer's {name} is not here: it {reason}; {advice} (docs/operators.md)"
        )
    if name not in names:
        raise UserError(
            f"there is no operator {name}{did_you_mean(name, names)}; the operators are: "
            f"{nearest_first(name, names)} (docs/operators.md)"
        )
    return importlib.import_module(f"bettersynth.operators.{name}")


def _reason_left_out(name: str) -> str:
    """Return why an operator of Data-Juicer is not here; "" where that has no such name."""
    for reason, left_out in LEFT_OUT.items():
        if name in left_out:
            return reason
    for reason, marks in FAMILIES.items():
        for mark in marks:
            if name.startswith(mark) if mark.endswith("_") else name.endswith(mark):
                return reason
    return ""
