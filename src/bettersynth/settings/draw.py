"""The section `draw` of `params.yaml`: which samples get new pictures, and by which model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from bettersynth.errors import UserError
from bettersynth.settings.caption import CaptionedSamples

DrawingMapper = Literal["none", "image_diffusion_mapper", "text_to_image_mapper"]


@dataclass(frozen=True, kw_only=True)
class DrawSettings:
    """`params.yaml: draw`: samples with `min_score <= image_text_similarity <= max_score` get new
    pictures by the operator `mapper`, whose own settings are `settings`.

    `of` says of which samples: all of the pool, those that the filter kept, or those that it
    dropped. `mapper: none` draws nothing.
    """

    BOUNDS: ClassVar = {"max_reject_share": (0, 1)}

    mapper: DrawingMapper
    of: CaptionedSamples
    settings: dict[str, Any]
    min_score: float
    max_score: float
    # Of the samples: safety checkers object to some pictures.
    max_reject_share: float = 0.05

    def __post_init__(self) -> None:
        if not self.min_score <= self.max_score:
            raise UserError(
                f"params.yaml: draw.min_score {self.min_score} is above "
                f"draw.max_score {self.max_score}"
            )


def drawing_mappers() -> list[str]:
    """Return the operators that may be `draw.mapper`."""
    return [name for name in get_args(DrawingMapper) if name != "none"]
