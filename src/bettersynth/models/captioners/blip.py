"""BLIP and BLIP-2 of transformers, which go on from a prompt and know no chat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request
from bettersynth.models.generation.seeded_generation import (
    GenerationSettings,
    draws_of,
    generate,
    load_model,
    to_device,
)
from bettersynth.models.weights.identity import hash_of_model

NOT_DECIDING = ("batch_size",)


@dataclass(frozen=True)
class Settings(GenerationSettings):
    """BLIP's caption holds the prompt it goes on from, BLIP-2's does not."""

    model: str = "Salesforce/blip2-opt-2.7b"


def model_hash(settings: Settings) -> str:
    return hash_of_model(settings.model)


def load(settings: Settings) -> Captioner:
    return Captioner(settings)


class Captioner:
    """Batches hold prompts of one token length, so that nothing is padded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model, self.processor = load_model(settings)
        kind = self.model.config.model_type
        if kind not in ("blip", "blip-2"):
            raise UserError(
                f"captioner blip: {settings.model} is a {kind}, not a BLIP or BLIP-2; models that chat: image_text_to_text"
            )

    def _length(self, prompt: str) -> int:
        return len(self.processor.tokenizer(prompt)["input_ids"]) if prompt else 0

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        lengths = {
            prompt: self._length(prompt) for prompt in {request.prompt for request in requests}
        }
        by_length = sorted(range(len(requests)), key=lambda k: (lengths[requests[k].prompt], k))
        for _, group in groupby(by_length, key=lambda k: lengths[requests[k].prompt]):
            positions = list(group)
            for start in range(0, len(positions), self.settings.batch_size):
                part = positions[start : start + self.settings.batch_size]
                yield dict(
                    zip(
                        part, self._captions(images, [requests[k] for k in part], seed), strict=True
                    )
                )

    def _captions(self, images: Images, requests: Sequence[Request], seed: int) -> list[str]:
        pictures = [images.picture(request.image) for request in requests]
        prompts = [request.prompt for request in requests]
        inputs = self.processor(
            images=pictures, text=prompts if prompts[0] else None, return_tensors="pt"
        )
        keys = [f"{images.sha256(request.image)} {request.prompt}" for request in requests]
        draws = draws_of(
            keys, [request.candidate for request in requests], seed, self.settings.max_new_tokens
        )
        ids = generate(self.model, to_device(inputs, self.model), draws, self.settings)
        if (
            self.model.config.model_type == "blip-2"
            and "input_ids" in inputs
            and not self.model.config.is_encoder_decoder
        ):
            ids = ids[:, inputs["input_ids"].shape[1] :]
        return [text.strip() for text in self.processor.batch_decode(ids, skip_special_tokens=True)]
