"""The settings by which an operator chooses its contrastive image-text model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bettersynth.errors import UserError
from bettersynth.measuring.later_settings import later_setting

NANO = "nano"
FLOAT32 = "float32"


@dataclass(frozen=True)
class ScorerChoice:
    """Which model measures, as `image_text_scorers` knows it, and how.

    `precision` is the float type that a CLIP of transformers or of open_clip computes in; its
    vectors come back as float32 of length 1.
    """

    hf_clip: str = "openai/clip-vit-base-patch32"
    trust_remote_code: bool = False
    precision: Literal["float32", "bfloat16", "float16"] = later_setting(FLOAT32)

    def __post_init__(self) -> None:
        if self.hf_clip == NANO and self.precision != FLOAT32:
            raise UserError(
                f"hf_clip: nano computes in float32 alone; leave precision: {self.precision} out"
            )

    def require_float32(self) -> None:
        """Pass if this is what Data-Juicer computes in.

        Raises:
            UserError: it is another precision.
        """
        if self.precision != FLOAT32:
            raise UserError(
                f"precision: {self.precision} gives other numbers than Data-Juicer, which computes "
                "in float32: leave it out, or compat: data_juicer"
            )
