"""New pictures by diffusers: from a picture and words, or from words alone.

Each is made once and kept under `.cache/pictures`.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import warnings
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.models.weights.hub import loading
from bettersynth.models.weights.identity import hash_of_model

Kind = Literal["image_to_image", "text_to_image"]
Precision = Literal["fp32", "fp16", "bf16"]
# seeds that are tried while the pipeline's safety checker objects
TRIES = 5
# goes up when the same words and seed give another picture than before
VERSION = 1


class Objection(Exception):
    """The pipeline's safety checker refused every picture that was made."""


@dataclass(frozen=True)
class Model:
    """A pipeline of diffusers: folder or hub id, precision, branch or commit of the hub's."""

    name: str
    torch_dtype: Precision = "fp32"
    revision: str = "main"
    trust_remote_code: bool = False


class Painter:
    """A diffusion pipeline behind a cache; it is loaded when the first picture is missing."""

    def __init__(self, kind: Kind, model: Model, settings: dict[str, Any]):
        """`settings` go to the pipeline's call."""
        self.kind = kind
        self.model = model
        self.settings = settings
        named = [model.name, model.torch_dtype, model.revision]
        self.identity = json.dumps(
            [VERSION, kind, named, hash_of_model(model.name), settings], sort_keys=True
        )
        self.folder = scratch_folder("pictures")
        self._pipeline: Any = None

    def key(self, prompt: str, seed: int, source_sha256: str = "", number: int = 0) -> str:
        """Return 32 hex digits that stand for all that decides a picture."""
        decides = json.dumps([self.identity, prompt, seed, source_sha256, number])
        return sha256_of_bytes(decides.encode())[:32]

    def paint(
        self, key: str, prompt: str, source: Image.Image | None, size: tuple[int, int], place: Path
    ) -> None:
        """Write the picture of `key` to `place` (PNG), unless it is there.

        `source` is the picture that an image-to-image model changes. The pipeline draws at the size
        of `source` or as its settings say; the result is scaled to `size` (width, height).

        Raises:
            Objection: the safety checker refused every try.
        """
        if place.exists():
            return
        kept = self.folder / f"{key}.png"
        if not kept.exists():
            picture = self._draw(key, prompt, source).resize(size, Image.Resampling.BILINEAR)
            stream = io.BytesIO()
            picture.save(stream, "PNG")
            with complete_or_absent(kept) as temporary:
                temporary.write_bytes(stream.getvalue())
        with complete_or_absent(place) as temporary:
            shutil.copyfile(kept, temporary)

    def _draw(self, key: str, prompt: str, source: Image.Image | None) -> Image.Image:
        import torch

        if self._pipeline is None:
            self._pipeline = load_pipeline(self.kind, self.model)
        asked: dict[str, Any] = {"prompt": prompt}
        if source is not None:
            asked["image"] = source
        asked |= self.settings
        for attempt in range(TRIES):
            # On the CPU, so that a GPU draws the same noise; 15 digits fit a signed 64-bit number.
            seed = (int(key[:15], 16) + attempt) % 2**63
            generator = torch.Generator("cpu").manual_seed(seed)
            with _steady(), torch.inference_mode():
                made = self._pipeline(**asked, generator=generator)
            objections = getattr(made, "nsfw_content_detected", None) or [False]
            if not objections[0]:
                return made.images[0].convert("RGB")
        raise Objection(f"the safety checker refused {TRIES} pictures")


def _steady() -> AbstractContextManager[None]:
    """Return a context in which a picture's bits do not depend on the number of cores."""
    import torch

    from bettersynth.models.devices.threads import one_thread

    return contextlib.nullcontext() if torch.cuda.is_available() else one_thread()


def load_pipeline(kind: Kind, model: Model) -> Any:
    """Return the pipeline, on the GPU if there is one.

    Raises:
        UserError: diffusers is not installed, or there is no such pipeline.
    """
    from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

    declare_missing_schemas()
    import torch

    loader = _loader(kind)
    dtypes = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    with loading(f"the diffusion pipeline {model.name}", model.name):
        pipeline = loader.from_pretrained(
            model.name,
            dtype=dtypes[model.torch_dtype],
            revision=model.revision,
            trust_remote_code=model.trust_remote_code,
        )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to("cuda" if torch.cuda.is_available() else "cpu")


def _loader(kind: Kind) -> Any:
    """Return the class of diffusers that loads pipelines of a kind."""
    try:
        with warnings.catch_warnings():
            # of torch.jit, which some of its pipelines still use
            warnings.simplefilter("ignore", DeprecationWarning)
            from diffusers import AutoPipelineForImage2Image, AutoPipelineForText2Image
        from diffusers.utils import logging
    except ImportError:
        raise UserError(
            "new pictures need the package diffusers: pip install bettersynth[diffusion]"
        ) from None
    logging.disable_progress_bar()
    return AutoPipelineForImage2Image if kind == "image_to_image" else AutoPipelineForText2Image
