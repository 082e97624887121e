"""Make samples whose picture a diffusion model drew from their words."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Made
from bettersynth.models.generation.diffusion import VERSION, Model, Objection, Painter, Precision

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text", "fields")
WHERE = "text_to_image_mapper"


@dataclass(frozen=True)
class Settings:
    """`image_num` pictures of each sample's words, or of its field `caption_key`.

    They have `width` by `height` pixels. The files lie in `save_dir`, by default the folder
    text_to_image_mapper beside the export.
    """

    hf_diffusion: str = "CompVis/stable-diffusion-v1-4"
    trust_remote_code: bool = False
    torch_dtype: Precision = "fp32"
    revision: str = "main"
    guidance_scale: float = 7.5
    num_inference_steps: int = 50
    width: int = 512
    height: int = 512
    image_num: int = 1
    caption_key: str | None = None
    keep_original_sample: bool = True
    save_dir: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("num_inference_steps", "width", "height", "image_num"):
            if getattr(self, name) < 1:
                raise UserError(f"{WHERE}: {name} is {getattr(self, name)}; it must be above 0")


def keys_read(settings: Settings) -> list[str]:
    """Return the key of the field of the captions, if one is named."""
    return [settings.caption_key] if settings.caption_key else []


def open_maker(settings: Settings, folder: Path) -> Maker:
    """Return what makes new samples during one run."""
    return Maker(settings, folder)


class Maker:
    """Draws the pictures of one batch after the other."""

    def __init__(self, settings: Settings, folder: Path):
        self.settings = settings
        self.folder = folder
        self.place = folder / (settings.save_dir or WHERE)
        model = Model(
            settings.hf_diffusion,
            settings.torch_dtype,
            settings.revision,
            settings.trust_remote_code,
        )
        call = {
            "guidance_scale": settings.guidance_scale,
            "num_inference_steps": settings.num_inference_steps,
            "width": settings.width,
            "height": settings.height,
        }
        self.painter = Painter("text_to_image", model, call)

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return `image_num` new samples of each sample with words.

        Beside them, the reasons of samples of which none can be made.
        """
        made: list[list[Made]] = []
        bad: dict[int, str] = {}
        for position, row in enumerate(batch.rows):
            key = self.settings.caption_key
            words = row.get(key) if key else batch.texts[position]
            caption = batch.tokens.strip(words) if isinstance(words, str) else ""
            text = f"{batch.tokens.image}\n{caption} {batch.tokens.eoc}"
            # without words there is nothing to draw
            numbers = range(self.settings.image_num if caption else 0)
            new: list[Made] = []
            try:
                for number in numbers:
                    new.append(Made(text, [self._draw(caption, number)], (caption,)))
            except Objection as error:
                bad[position] = str(error)
                new = []
            made.append(new)
        return made, bad

    def _draw(self, caption: str, number: int) -> str:
        """Return the path of the new picture beside the export."""
        key = self.painter.key(caption, self.settings.seed, number=number)
        path = self.place / f"{key}.png"
        size = (self.settings.width, self.settings.height)
        self.painter.paint(key, caption, None, size, path)
        if os.path.isabs(self.settings.save_dir or ""):
            return str(path)
        return os.path.relpath(path, self.folder)

    def close(self) -> None:
        """There is nothing to close: pictures are written one by one."""
