"""Draw new pictures for samples whose picture and caption agree too little.

Run alone: `python -m bettersynth.steps.draw`. Writes `data/draw/`: the pictures with their table,
and what nano's towers see of them. By default nothing is drawn.
"""

from __future__ import annotations

from bettersynth.data.tables.drawn import DRAWN_IMAGES
from bettersynth.data.tables.feature_store import DRAWN_FEATURES, write_index
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.recipes.draw_section import read_drawing
from bettersynth.recipes.drawing import draw_nothing, draw_pictures
from bettersynth.settings.draw import DrawSettings
from bettersynth.settings.reading import load_params, read_settings, threads


def main() -> dict[str, int]:
    """Run the stage `draw` on params.yaml."""
    params = load_params()
    settings = read_settings(DrawSettings, params.get("draw"), "params.yaml: draw")
    drawing = read_drawing(settings, params)
    if drawing is None:
        draw_nothing()
        write_index(DRAWN_FEATURES, [])
        print("draw: none, as draw.mapper says")
        return {"samples": 0}
    pictures, samples = draw_pictures(settings, *drawing)
    # imported here: loading towers costs three seconds, and by default nothing is drawn
    from bettersynth.models.backbones.distinct_images import find_images
    from bettersynth.models.backbones.features_making import write_features
    from bettersynth.models.backbones.towers_making import FOLDER as TOWERS

    # towers in folders of their own see the pictures themselves
    if pictures and (TOWERS / "config.json").exists():
        write_features(find_images([DRAWN_IMAGES], []), TOWERS, DRAWN_FEATURES, threads())
    else:
        write_index(DRAWN_FEATURES, [])
    print(f"draw: {pictures:,} new pictures of {samples:,} samples by {settings.mapper}")
    return {"samples": samples}


if __name__ == "__main__":
    run_step(main)
