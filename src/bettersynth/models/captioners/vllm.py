"""Chat models that look at pictures, in this process by vLLM, which forms its own batches.

The prompts are those of `image_text_to_text`. vLLM asks for a torch and a transformers of its own,
so that it is no dependency of this project.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.models.captioners import Request
from bettersynth.models.captioners.image_text_to_text import DEFAULT_PROMPT
from bettersynth.models.captioners.openai_endpoint import seed_of
from bettersynth.models.generation.seeded_generation import GenerationSettings
from bettersynth.models.weights.hub import loading
from bettersynth.models.weights.identity import hash_of_model

NOT_DECIDING = ("batch_size", "gpus", "memory_share", "max_model_len")


@dataclass(frozen=True)
class Settings(GenerationSettings):
    """`batch_size` requests are in vLLM's hands at a time; `gpus` hold one model together.

    `memory_share` of each GPU is vLLM's. `max_model_len` tokens at most are a picture, its prompt
    and its caption (0: what the model itself takes).
    """

    model: str = "llava-hf/llava-1.5-7b-hf"
    system_prompt: str = ""
    batch_size: int = 256
    gpus: int = 1
    memory_share: float = 0.9
    max_model_len: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.gpus < 1:
            raise UserError(f"captioner vllm: gpus is {self.gpus}; it must be 1 or more")
        if self.max_model_len < 0:
            raise UserError(
                f"captioner vllm: max_model_len is {self.max_model_len}; it must be 0 or more"
            )
        if not 0 < self.memory_share <= 1:
            raise UserError(
                f"captioner vllm: memory_share is {self.memory_share:g}; it must be in (0, 1]"
            )


def model_hash(settings: Settings) -> str:
    """Return the hash of the model's files."""
    return hash_of_model(settings.model)


def load(settings: Settings) -> Captioner:
    """Return the captioner, its model loaded.

    Raises:
        UserError: vLLM is not installed, or cannot load the model.
    """
    return Captioner(settings)


class Captioner:
    """One chat a request: the picture, then the prompt."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # in a process of its own the engine would outlive a kill, and its words are not this run's
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        # else it tells over the network who uses it
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        try:
            import vllm
        except ImportError:
            raise UserError(
                "captioner vllm needs the package vllm; install it beside this project "
                "(`pip install vllm`), or use captioner: image_text_to_text"
            ) from None
        self.sampling_of: Any = vllm.SamplingParams
        with loading(f"the captioner {settings.model}", settings.model):
            self.model: Any = vllm.LLM(
                model=settings.model,
                dtype=settings.dtype,
                trust_remote_code=settings.trust_remote_code,
                tensor_parallel_size=settings.gpus,
                gpu_memory_utilization=settings.memory_share,
                max_model_len=settings.max_model_len or None,
                limit_mm_per_prompt={"image": 1},
                seed=0,
            )

    def caption(
        self, images: Images, requests: Sequence[Request], seed: int
    ) -> Iterator[dict[int, str]]:
        """Yield the captions of `batch_size` requests at a time."""
        for start in range(0, len(requests), self.settings.batch_size):
            batch = requests[start : start + self.settings.batch_size]
            chats = [self._chat(images, request) for request in batch]
            sampling = [self._sampling(images, request, seed) for request in batch]
            answers = self.model.chat(chats, sampling, use_tqdm=False)
            texts = [answer.outputs[0].text.strip() for answer in answers]
            yield dict(enumerate(texts, start))

    def _chat(self, images: Images, request: Request) -> list[dict[str, Any]]:
        picture = {"type": "image_pil", "image_pil": images.picture(request.image)}
        question = {"type": "text", "text": request.prompt or DEFAULT_PROMPT}
        chat: list[dict[str, Any]] = [{"role": "user", "content": [picture, question]}]
        if self.settings.system_prompt:
            chat.insert(0, {"role": "system", "content": self.settings.system_prompt})
        return chat

    def _sampling(self, images: Images, request: Request, seed: int) -> Any:
        """Return how a caption is drawn: candidate 0 is the likeliest words."""
        tokens = self.settings.max_new_tokens
        if not request.candidate:
            return self.sampling_of(temperature=0.0, max_tokens=tokens)
        return self.sampling_of(
            temperature=self.settings.temperature,
            top_p=self.settings.top_p,
            max_tokens=tokens,
            # by the picture's bytes, not its name or place: the same draws in any data set
            seed=seed_of(images.sha256(request.image), request, seed),
        )
