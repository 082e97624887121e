"""Run the frozen towers once over every distinct image: `data/features/`.

Run alone: `python -m bettersynth.steps.features`. Rows are sorted by the sha256 of the image's
bytes. Towers in folders of their own leave no features.
"""

from __future__ import annotations

from bettersynth.data.tables.benchmark import BOARDS, MMBENCH
from bettersynth.data.tables.feature_store import FEATURES
from bettersynth.data.tables.instruction import INSTRUCTION_IMAGES
from bettersynth.data.tables.samples import POOL_IMAGES
from bettersynth.experiments.workflow.run_step import run_step
from bettersynth.models.backbones.distinct_images import find_images
from bettersynth.models.backbones.features_making import write_features, write_no_features
from bettersynth.models.backbones.towers_making import FOLDER as TOWERS
from bettersynth.settings.reading import threads

IMAGE_FOLDERS = (POOL_IMAGES, INSTRUCTION_IMAGES, BOARDS)
TSVS = (MMBENCH,)


def main() -> dict[str, int]:
    """Run the stage `features` on params.yaml."""
    manifest = TOWERS / "manifest.json"
    if manifest.exists() and not (TOWERS / "config.json").exists():
        write_no_features(manifest, FEATURES)
        print(f"{FEATURES}: none; the towers of {manifest} see the pictures themselves")
        return {"samples": 0}
    places = find_images(IMAGE_FOLDERS, TSVS)
    write_features(places, TOWERS, FEATURES, threads())
    print(f"{FEATURES}: features of {len(places):,} distinct images")
    return {"samples": len(places)}


if __name__ == "__main__":
    run_step(main)
