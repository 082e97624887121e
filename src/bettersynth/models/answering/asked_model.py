"""A trained model in this process: what it sees in pictures, how it goes on, what it finds likely.

Batches are formed here by length and number alone, so that other processes may do some of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_object
from bettersynth.data.pictures.decoding import BadImage, decode_image
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.models.answering.generation import Prompt, generate, log_probabilities
from bettersynth.models.architecture.assembly import pixel_pipeline
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.devices.attention import choose_attention
from bettersynth.models.devices.precision import cast_parameters, choose_precision
from bettersynth.settings.predict import PredictSettings


class Asked(Protocol):
    """What an `Answerer` asks, wherever the model is.

    `pictures` are image tokens `[N, tokens, hidden]` on the CPU; a prompt names its row.
    """

    def see(self, pictures: Sequence[bytes]) -> Tensor:
        """Return the image tokens of pictures, given as files: `[pictures, tokens, hidden]`.

        Raises:
            UserError: a picture has no cached features, or cannot be decoded.
        """
        ...

    def continuations(
        self,
        prompts: Sequence[Prompt],
        pictures: Tensor | None,
        max_new_tokens: int,
        stop_tokens: set[int],
        progress: str,
    ) -> list[list[int]]:
        """Return the greedy continuation of each prompt, without the token that ends it."""
        ...

    def log_probabilities(
        self,
        prompts: Sequence[Prompt],
        answers: Sequence[Sequence[int]],
        pictures: Tensor | None,
        progress: str,
    ) -> list[float]:
        """Return the summed natural log-probability of each answer's tokens after its prompt."""
        ...


class AskedModel:
    """The model of a folder, or one that was read from there, in this process."""

    def __init__(
        self, folder: Path, settings: PredictSettings, model: MiniGemini | None = None
    ) -> None:
        self.settings = settings
        self.model: MiniGemini = model or _trained_in_both_stages(folder, settings)

    @torch.inference_mode()
    def see(self, pictures: Sequence[bytes], first: int = 0) -> Tensor:
        """As `Asked`; `first` is the first one's number, for messages."""
        store = FeatureStore()
        parts = []
        for start in range(0, len(pictures), self.settings.batch_size):
            part = pictures[start : start + self.settings.batch_size]
            if self.model.vision_tower is None:
                low, high = self._cached_features(store, part)
            else:
                low, high = self._tower_features(part, first + start)
            # a benchmark's pictures may not fit beside the model
            parts.append(self.model.image_tokens(low, high).cpu())
        return torch.cat(parts)

    def _cached_features(
        self, store: FeatureStore, pictures: Sequence[bytes]
    ) -> tuple[Tensor, Tensor]:
        """Return `[N, P*P, C]` and `[N, S, S, A]` of N pictures."""
        rows = store.rows(sha256_of_bytes(data) for data in pictures)
        # stored as float16; the model casts them to its own precision
        low = torch.from_numpy(store.low_res(rows)).float()
        high = torch.from_numpy(store.high_res(rows)).float()
        return low.to(self.model.device), high.to(self.model.device)

    def _tower_features(self, pictures: Sequence[bytes], first: int) -> tuple[Tensor, Tensor]:
        """Return the same of pictures that the model's own towers look at."""
        # nothing is cropped away: a question may be about the edge (as the reference evaluates)
        pipeline = pixel_pipeline(self.model, "pad")
        images = []
        images_aux = []
        for number, data in enumerate(pictures, first):
            image, image_aux = pipeline(_decode(data, f"picture {number}"))
            images.append(image)
            images_aux.append(image_aux)
        device = self.model.device
        return self.model.tower_features(
            torch.stack(images).to(device), torch.stack(images_aux).to(device)
        )

    def continuations(
        self,
        prompts: Sequence[Prompt],
        pictures: Tensor | None,
        max_new_tokens: int,
        stop_tokens: set[int],
        progress: str = "",
    ) -> list[list[int]]:
        """As `Asked`."""
        size = self.settings.batch_size
        return generate(self.model, prompts, pictures, max_new_tokens, stop_tokens, size, progress)

    def log_probabilities(
        self,
        prompts: Sequence[Prompt],
        answers: Sequence[Sequence[int]],
        pictures: Tensor | None,
        progress: str = "",
    ) -> list[float]:
        """As `Asked`."""
        size = self.settings.batch_size
        return log_probabilities(self.model, prompts, answers, pictures, size, progress)


def _decode(data: bytes, where: str) -> Image.Image:
    try:
        return decode_image(data)
    except BadImage as error:
        raise UserError(f"{where} of the benchmark: {error}") from None


def _trained_in_both_stages(folder: Path, settings: PredictSettings) -> MiniGemini:
    precision = choose_precision(settings.precision)
    config = read_object(folder / "config.json")
    model = MiniGemini.from_upstream(
        folder,
        # upstream's names: a folder says itself which towers it was trained with
        config.get("mm_vision_tower"),
        config.get("mm_vision_tower_aux"),
        attn_implementation=choose_attention(settings.attn_implementation, precision),
    )
    if torch.cuda.is_available():
        model.to("cuda")
    # frozen first: only frozen parameters are cast
    cast_parameters(model.requires_grad_(False), getattr(torch, precision))
    return model
