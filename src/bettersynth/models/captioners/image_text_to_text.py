"""Any image-text-to-text model of transformers with a chat template.

LLaVA, Qwen-VL, InternVL, SmolVLM, Gemma 3, ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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

DEFAULT_PROMPT = "Write one short caption for this picture."

NOT_DECIDING = ("batch_size",)


@dataclass(frozen=True)
class Settings(GenerationSettings):
    """A blank prompt asks for one short caption; `system_prompt` goes first if it is not blank."""

    model: str = "llava-hf/llava-1.5-7b-hf"
    system_prompt: str = ""


def model_hash(settings: Settings) -> str:
    """Return the hash of the model's files."""
    return hash_of_model(settings.model)


def load(settings: Settings) -> Captioner:
    """Return the captioner, its model loaded."""
    return Captioner(settings)


class Captioner:
    """One chat a request: the picture, then the prompt."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.model, self.processor = load_model(settings)
        if not getattr(self.processor, "chat_template", None):
            raise UserError(
                f"captioner {settings.model} has no chat template "
                "(BLIP and BLIP-2: captioner: blip)"
            )
        # Answers begin where the prompts end: at one place for all rows.
        self.processor.tokenizer.padding_side = "left"

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield the captions of `batch_size` requests at a time."""
        for start in range(0, len(requests), self.settings.batch_size):
            batch = requests[start : start + self.settings.batch_size]
            yield dict(enumerate(self._captions(images, batch, seed), start))

    def _chat(self, images: Images, request: Request) -> list[dict[str, Any]]:
        picture = {"type": "image", "image": images.picture(request.image)}
        question = {"type": "text", "text": request.prompt or DEFAULT_PROMPT}
        chat: list[dict[str, Any]] = [{"role": "user", "content": [picture, question]}]
        if self.settings.system_prompt:
            told = {"type": "text", "text": self.settings.system_prompt}
            chat.insert(0, {"role": "system", "content": [told]})
        return chat

    def _captions(self, images: Images, requests: Sequence[Request], seed: int) -> list[str]:
        inputs = self.processor.apply_chat_template(
            [self._chat(images, request) for request in requests],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        )
        # by the picture's bytes, not its name or place: a caption is the same in any data set
        keys = [f"{images.sha256(request.image)} {request.prompt}" for request in requests]
        candidates = [request.candidate for request in requests]
        draws = draws_of(keys, candidates, seed, self.settings.max_new_tokens)
        ids = generate(self.model, to_device(inputs, self.model), draws, self.settings)
        answers = ids[:, inputs["input_ids"].shape[1] :]  # [rows, new tokens]
        texts = self.processor.batch_decode(answers, skip_special_tokens=True)
        return [text.strip() for text in texts]
