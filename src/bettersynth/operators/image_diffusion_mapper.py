"""Make samples whose pictures a diffusion model drew anew after the old ones and a caption."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from bettersynth.data.samples.batch import Batch, UnreadableImage
from bettersynth.errors import UserError
from bettersynth.measuring.captioning import CachedCaptioner
from bettersynth.measuring.protocols import Made
from bettersynth.models.captioners import Request
from bettersynth.models.generation.diffusion import VERSION, Model, Objection, Painter, Precision

__all__ = ["READS", "VERSION", "Settings", "open_maker"]
READS = ("text", "images", "fields")
WHERE = "image_diffusion_mapper"
# Source: Data-Juicer's image_diffusion_mapper
PROMPT = "A photo of a "


@dataclass(frozen=True)
class Settings:
    """Data-Juicer's settings.

    Pictures are drawn at `resolution` and scaled back; `aug_num` different ones of each sample.
    Without `caption_key` (a field with a caption, or one for each picture) `captioner` describes
    the picture, with `hf_img2seq` as its model. The new files lie in `save_dir`, by default the
    folder image_diffusion_mapper beside the export.
    """

    hf_diffusion: str = "CompVis/stable-diffusion-v1-4"
    trust_remote_code: bool = False
    torch_dtype: Precision = "fp32"
    revision: str = "main"
    strength: float = 0.8
    guidance_scale: float = 7.5
    aug_num: int = 1
    keep_original_sample: bool = True
    caption_key: str | None = None
    hf_img2seq: str = "Salesforce/blip2-opt-2.7b"
    save_dir: str | None = None
    num_inference_steps: int = 50
    resolution: int = 512
    captioner: str = "blip"
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.strength <= 1:
            raise UserError(
                f"{WHERE}: strength is {self.strength}; it must be above 0 and at most 1"
            )
        for name in ("aug_num", "num_inference_steps", "resolution"):
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
            "strength": settings.strength,
            "guidance_scale": settings.guidance_scale,
            "num_inference_steps": settings.num_inference_steps,
        }
        self.painter = Painter("image_to_image", model, call)
        self.captioner: CachedCaptioner | None = None
        if not settings.caption_key:
            from bettersynth.operators import image_captioning_mapper as captioning

            describing = captioning.Settings(
                settings.hf_img2seq,
                settings.trust_remote_code,
                captioner=settings.captioner,
                settings=settings.settings,
            )
            of_captioner = captioning.captioner_settings(describing)
            self.captioner = CachedCaptioner(settings.captioner, of_captioner, f"{WHERE}.settings")

    def make(self, batch: Batch) -> tuple[list[list[Made]], dict[int, str]]:
        """Return `aug_num` new samples of each sample with pictures.

        Beside them, the reasons of samples of which none can be made.
        """
        if self.captioner is None:
            captions, bad = self._given_captions(batch)
        else:
            captions, bad = self._new_captions(batch, self.captioner)
        made: list[list[Made]] = []
        for position, names in enumerate(batch.images):
            made.append([])
            if not names or position in bad:
                continue
            try:
                for number in range(self.settings.aug_num):
                    images = []
                    for name, caption in zip(names, captions[position], strict=True):
                        images.append(self._draw(batch, name, caption, number))
                    prompts = tuple(captions[position])
                    made[position].append(Made(batch.texts[position], images, prompts))
            except UnreadableImage as error:
                bad[position] = f"image {error.name}: {error.reason}"
            except Objection as error:
                bad[position] = str(error)
        return made, bad

    def _given_captions(self, batch: Batch) -> tuple[list[list[str]], dict[int, str]]:
        """Return a caption for each picture of each sample, as the field `caption_key` holds it.

        Beside them, the reasons of samples whose field does not.
        """
        key = self.settings.caption_key or ""
        bad: dict[int, str] = {}
        given: list[list[str]] = []
        for position, (row, names) in enumerate(zip(batch.rows, batch.images, strict=True)):
            value = row.get(key)
            captions = value if isinstance(value, list) else [value] * len(names)
            are_texts = all(isinstance(caption, str) for caption in captions)
            if len(captions) != len(names) or not are_texts:
                bad[position] = f"{key} holds no caption for each picture"
            given.append([batch.tokens.strip(str(caption)) for caption in captions])
        return given, bad

    def _new_captions(
        self, batch: Batch, captioner: CachedCaptioner
    ) -> tuple[list[list[str]], dict[int, str]]:
        """Return a caption for each picture of each sample, as the captioner writes it.

        Beside them, the reasons of samples with a picture that cannot be described.
        """
        requests: list[Request] = []
        for names in batch.images:
            requests += [Request(name, PROMPT, 0) for name in names]
        texts, unreadable = captioner.caption(batch.pictures, requests, self.settings.seed)
        next_text = iter(texts)
        bad: dict[int, str] = {}
        written: list[list[str]] = []
        for position, names in enumerate(batch.images):
            captions = []
            for name in names:
                text = next(next_text)
                if not text:
                    bad.setdefault(position, f"image {name}: {unreadable.get(name, 'no caption')}")
                captions.append(with_prompt(text))
            written.append(captions)
        return written, bad

    def _draw(self, batch: Batch, name: str, caption: str, number: int) -> str:
        """Return the path of the new picture beside the export."""
        side = self.settings.resolution
        # the picture's bytes and the size it is drawn at decide the result beside the caption
        drawn_from = f"{batch.pictures.sha256(name)} {side}"
        key = self.painter.key(caption, self.settings.seed, drawn_from, number)
        path = self.place / f"{Path(name).stem}_{key}.png"
        picture = batch.pictures.picture(name)
        # the pipelines were trained on squares; the result is scaled back
        square = picture.resize((side, side), Image.Resampling.BILINEAR)
        self.painter.paint(key, caption, square, picture.size, path)
        # absolute names stay absolute, as the export's other pictures are
        if os.path.isabs(name):
            return os.path.abspath(path)
        return os.path.relpath(path, self.folder)

    def close(self) -> None:
        """Let go of what the run held."""
        if self.captioner is not None:
            self.captioner.close()


def with_prompt(caption: str) -> str:
    """Return the caption behind the words that every one begins with."""
    if caption.lower().startswith(PROMPT.strip().lower()):
        return caption
    return f"{PROMPT}{caption}"
