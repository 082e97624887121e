"""Image-text models of transformers that write captions: loading, and sampling that a picture's neighbours do not disturb."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from bettersynth.errors import UserError
from bettersynth.models.devices.threads import one_thread
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas


@dataclass(frozen=True)
class GenerationSettings:
    """`model` is a folder or hub id. Candidate 0 is greedy, others are drawn from the tokens that hold `top_p` of the probability.

    `dtype: auto` is bfloat16 on a GPU, else float32.
    """

    model: str
    max_new_tokens: int = 128
    temperature: float = 1.0
    top_p: float = 1.0
    batch_size: int = 8
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        for name in ("max_new_tokens", "temperature", "top_p", "batch_size"):
            if getattr(self, name) <= 0:
                raise UserError(
                    f"captioner {self.model}: {name} is {getattr(self, name)}; it must be above 0"
                )


def load_model(settings: GenerationSettings) -> tuple[Any, Any]:
    """Return (model, processor), the model on the GPU if there is one.

    Raises:
        UserError: it is neither on this disk nor can it be fetched, or is no image-text-to-text model.
    """
    declare_missing_schemas()
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    logging.disable_progress_bar()
    gpu = torch.cuda.is_available()
    dtype = ("bfloat16" if gpu else "float32") if settings.dtype == "auto" else settings.dtype
    options: dict[str, Any] = {"trust_remote_code": settings.trust_remote_code}
    try:
        model = AutoModelForImageTextToText.from_pretrained(
            settings.model, dtype=getattr(torch, dtype), **options
        ).eval()
        processor = AutoProcessor.from_pretrained(settings.model, **options)
    except (OSError, ValueError, ImportError) as error:
        raise UserError(
            f"cannot load the captioner {settings.model}: {str(error).strip().splitlines()[0]}"
        ) from None
    return model.requires_grad_(False).to("cuda" if gpu else "cpu"), processor


class SeededChoice:
    """A logits processor that picks each row's next token itself: the likeliest, or one drawn with the row's own random numbers.

    `draws` `[rows, steps]` are uniform in [0, 1); a row of NaN is greedy. One call a step, rows in the same order.
    """

    def __init__(self, draws: np.ndarray, temperature: float, top_p: float):
        self.draws, self.temperature, self.top_p, self.step = draws, temperature, top_p, 0

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        draws = torch.from_numpy(self.draws[:, self.step]).to(scores.device)
        self.step += 1
        rows = torch.nonzero(~draws.isnan())[:, 0]
        if not len(rows):
            return scores
        odds, order = (
            (scores[rows].double() / self.temperature)
            .softmax(-1)
            .sort(dim=-1, descending=True, stable=True)
        )
        before = odds.cumsum(-1) - odds
        odds = odds.masked_fill(before >= self.top_p, 0.0)  # the token that reaches top_p stays
        total = odds.cumsum(-1)
        picked = torch.searchsorted(total, draws[rows, None] * total[:, -1:], right=True)
        picked = torch.minimum(picked, (odds > 0).sum(-1, keepdim=True) - 1)
        chosen = torch.full_like(scores, -torch.inf)
        chosen[rows] = chosen[rows].scatter(1, order.gather(1, picked), 0.0)
        greedy = draws.isnan()[:, None]
        return torch.where(greedy, scores, chosen)


def draws_of(keys: Sequence[str], candidates: Sequence[int], seed: int, steps: int) -> np.ndarray:
    """Return float64 `[keys, steps]` for `SeededChoice`: numbers fixed by key, candidate and seed, NaN for candidate 0."""
    draws = np.full((len(keys), steps), np.nan)
    for row, (key, candidate) in enumerate(zip(keys, candidates, strict=True)):
        if candidate:
            digest = hashlib.sha256(f"{key} {seed} {candidate}".encode()).digest()
            draws[row] = np.random.default_rng(list(digest)).random(steps)
    return draws


def generate(model: Any, inputs: Any, draws: np.ndarray, settings: GenerationSettings) -> Tensor:
    """Return the ids that `model.generate` gives, `[rows, tokens]`, of inputs on the model's device."""
    from transformers import LogitsProcessorList

    alone: AbstractContextManager[None] = (
        contextlib.nullcontext() if model.device.type == "cuda" else one_thread()
    )
    with alone, torch.inference_mode():
        ids: Tensor = model.generate(
            **inputs,
            max_new_tokens=settings.max_new_tokens,
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_p=None,
            top_k=None,
            logits_processor=LogitsProcessorList(
                [SeededChoice(draws, settings.temperature, settings.top_p)]
            ),
        )
    return ids.cpu()


def to_device(inputs: Any, model: Any) -> Any:
    """Return the processor's tensors on the model's device, pixels in the model's precision."""
    return {
        name: value.to(model.device, model.dtype)
        if value.is_floating_point()
        else value.to(model.device)
        for name, value in inputs.items()
        if isinstance(value, Tensor)
    }
