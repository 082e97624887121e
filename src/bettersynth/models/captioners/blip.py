"""BLIP and BLIP-2 of transformers, which go on from a prompt and know no chat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    """Return the hash of the model's files."""
    return hash_of_model(settings.model)


def load(settings: Settings) -> Captioner:
    """Return the captioner, its model loaded."""
    return Captioner(settings)


class Captioner:
    """Batches hold prompts of one token length, so that nothing is padded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model, self.processor = load_model(settings)
        self.kind = self.model.config.model_type
        if self.kind not in ("blip", "blip-2"):
            raise UserError(
                f"captioner blip: {settings.model} is a {self.kind}, not a BLIP or BLIP-2; "
                "models that chat: image_text_to_text"
            )

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield the captions of `batch_size` requests at a time."""
        for batch in self._batches(requests):
            asked = [requests[position] for position in batch]
            captions = self._captions(images, asked, seed)
            yield dict(zip(batch, captions, strict=True))

    def _batches(self, requests: Sequence[Request]) -> Iterator[list[int]]:
        """Yield positions of requests whose prompts have one length, short prompts first."""
        prompts = {request.prompt for request in requests}
        length_of = {prompt: self._length(prompt) for prompt in prompts}
        by_length: dict[int, list[int]] = {}
        for position, request in enumerate(requests):
            by_length.setdefault(length_of[request.prompt], []).append(position)
        for _, positions in sorted(by_length.items()):
            for start in range(0, len(positions), self.settings.batch_size):
                yield positions[start : start + self.settings.batch_size]

    def _length(self, prompt: str) -> int:
        if not prompt:
            return 0
        return len(self.processor.tokenizer(prompt)["input_ids"])

    def _captions(self, images: Images, requests: Sequence[Request], seed: int) -> list[str]:
        prompts = [request.prompt for request in requests]
        inputs = self.processor(
            images=[images.picture(request.image) for request in requests],
            text=prompts if prompts[0] else None,
            return_tensors="pt",
        )
        # by the picture's bytes, not its name or place: a caption is the same in any data set
        keys = [f"{images.sha256(request.image)} {request.prompt}" for request in requests]
        candidates = [request.candidate for request in requests]
        draws = draws_of(keys, candidates, seed, self.settings.max_new_tokens)
        ids = generate(self.model, to_device(inputs, self.model), draws, self.settings)
        if self._answers_hold_the_prompt() and "input_ids" in inputs:
            ids = ids[:, inputs["input_ids"].shape[1] :]  # [rows, new tokens]
        texts = self.processor.batch_decode(ids, skip_special_tokens=True)
        return [text.strip() for text in texts]

    def _answers_hold_the_prompt(self) -> bool:
        """Whether `generate` gives a BLIP-2's prompt back, as decoders do."""
        return self.kind == "blip-2" and not self.model.config.is_encoder_decoder
