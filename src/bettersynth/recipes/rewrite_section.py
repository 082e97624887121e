"""The section `rewrite` of `params.yaml`: its mappers, and where the pipeline has those of other
kinds.

No data is read and nothing heavy is imported, so that settings are checked before any stage runs.
"""

from __future__ import annotations

from bettersynth.errors import UserError
from bettersynth.recipes.lines import Line, read_recipe
from bettersynth.settings.draw import drawing_mappers
from bettersynth.settings.rewrite import RewriteSettings

WHERE = "params.yaml: rewrite.recipe"
DESCRIBE = ("image_captioning_mapper", "image_captioning_from_gpt4v_mapper", "mllm_mapper")


def read_mappers(settings: RewriteSettings) -> list[Line]:
    """Return the lines of `rewrite.recipe`.

    Raises:
        UserError: an operator that rewrites no texts, one that works on another key than the
            pool's text, or whatever is wrong with a line.
    """
    lines = read_recipe(settings.recipe, WHERE)
    for line in lines:
        if line.kind != "mapper" and not line.rewrites_all:
            raise UserError(
                f"{WHERE}: {line.name} changes no text; a {line.kind} belongs in filter.recipe"
            )
        if line.generates:
            raise UserError(f"{WHERE}: {line.name} makes samples; {place_of_mapper(line)}")
        if line.text_key not in ("", "text"):
            raise UserError(
                f"{WHERE}: {line.name} works on {line.text_key}; a sample of the pool has its "
                "words in text alone"
            )
    return lines


def place_of_mapper(line: Line) -> str:
    """Return where the pipeline has a mapper, in words."""
    if not line.generates:
        return "a mapper of texts belongs in rewrite.recipe, which runs before anything is measured"
    if line.name in DESCRIBE:
        return "the pipeline makes captions in its stage caption: choose a caption.captioner"
    if line.name in drawing_mappers():
        return f"the pipeline makes pictures in its stage draw: set draw.mapper to {line.name}"
    return (
        "the pipeline has no stage for it: write its samples with `bettersynth run`, and give "
        "them as source.file"
    )
