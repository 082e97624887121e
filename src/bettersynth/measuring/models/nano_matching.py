"""Whether picture and text match, by the pipeline's own captioner: nano's stand-in for BLIP's
matching head.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.models.embedding_rows import distinct_rows
from bettersynth.models.backbones.nano_features import NANO_TOWERS, nano_pooled
from bettersynth.models.weights.identity import hash_of_model

# torch comes with it: settings are checked without
if TYPE_CHECKING:
    from bettersynth.models.backbones.prefix_captioner import PrefixCaptioner

NANO_CAPTIONER = Path("models/captioner")


def nano_model_hash() -> str:
    """Return what changes when the captioner's weights or the towers' do."""
    return hash_of_model(NANO_CAPTIONER) + hash_of_model(NANO_TOWERS)


def nano_match_probabilities(
    images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
) -> list[float]:
    """Return for each (image name, text) the probability a word that the captioner gives the text
    before the picture, in 0 to 1: the geometric mean over its words.

    It is trained on other pairs and in another way than the scorer, so it errs otherwise.

    Raises:
        UserError: no captioner was trained.
    """
    names, image_rows = distinct_rows([name for name, _ in pairs])
    pooled = nano_pooled(images, names, flips)  # [names, 1280]
    captioner = _captioner()
    probabilities = []
    for row, (_, text) in zip(image_rows, pairs, strict=True):
        # one by one: beside longer texts the sums round otherwise
        mean_log = captioner.log_likelihood(pooled[row : row + 1], [text])
        probabilities.append(math.exp(mean_log[0]))
    return probabilities


@functools.lru_cache(maxsize=1)
def _captioner() -> PrefixCaptioner:
    from bettersynth.models.backbones.prefix_captioner import PrefixCaptioner

    if not (NANO_CAPTIONER / "model.safetensors").is_file():
        raise UserError(
            f"hf_blip: nano needs {NANO_CAPTIONER}; make it with "
            f"`snakemake --cores all {NANO_CAPTIONER}`, or name another model"
        )
    return PrefixCaptioner.load(NANO_CAPTIONER)
