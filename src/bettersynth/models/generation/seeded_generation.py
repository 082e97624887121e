"""Image-text models of transformers that write captions: loading them, and drawing words.

The sampling is such that a picture's neighbours do not disturb it. Light to import: the settings
of a captioner are checked without torch.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bettersynth.errors import UserError
from bettersynth.models.weights.hub import loading

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class GenerationSettings:
    """`model` is a folder or hub id.

    Candidate 0 is greedy, others are drawn from the tokens that hold `top_p` of the probability.
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
        UserError: it is neither on this disk nor can it be fetched, or is no image-text-to-text
            model.
    """
    import torch

    from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

    declare_missing_schemas()
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    logging.disable_progress_bar()
    gpu = torch.cuda.is_available()
    dtype = settings.dtype
    if dtype == "auto":
        dtype = "bfloat16" if gpu else "float32"
    remote: dict[str, Any] = {"trust_remote_code": settings.trust_remote_code}
    with loading(f"the captioner {settings.model}", settings.model):
        model = AutoModelForImageTextToText.from_pretrained(
            settings.model, dtype=getattr(torch, dtype), **remote
        )
        processor = AutoProcessor.from_pretrained(settings.model, **remote)
    return model.eval().requires_grad_(False).to("cuda" if gpu else "cpu"), processor


class SeededChoice:
    """A logits processor that picks each row's next token itself.

    It is the likeliest, or one drawn with the row's own random numbers: `draws` `[rows, steps]`
    are uniform in [0, 1), a row of NaN is greedy. One call a step, rows in the same order.
    """

    def __init__(self, draws: np.ndarray, temperature: float, top_p: float):
        self.draws = draws
        self.temperature = temperature
        self.top_p = top_p
        self.step = 0

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Return `scores` `[rows, vocabulary]`; a drawn row allows only the chosen token."""
        import torch

        draws = torch.from_numpy(self.draws[:, self.step]).to(scores.device)  # [rows]
        self.step += 1
        drawn = torch.nonzero(~draws.isnan())[:, 0]
        if not len(drawn):
            return scores
        # in float64, so that the running sum below does not lose small odds
        odds = (scores[drawn].double() / self.temperature).softmax(-1)
        odds, order = odds.sort(dim=-1, descending=True, stable=True)
        before = odds.cumsum(-1) - odds
        # the token that reaches top_p stays
        odds = odds.masked_fill(before >= self.top_p, 0.0)
        total = odds.cumsum(-1)
        # what is left sums to less than 1: the draw is stretched to it
        rank = torch.searchsorted(total, draws[drawn, None] * total[:, -1:], right=True)
        # rounding may leave a draw beyond the whole
        last = (odds > 0).sum(-1, keepdim=True) - 1
        rank = torch.minimum(rank, last)
        # all but the drawn token are impossible, so that the greedy choice takes it
        chosen = torch.full_like(scores, -torch.inf)
        chosen[drawn] = chosen[drawn].scatter(1, order.gather(1, rank), 0.0)
        greedy = draws.isnan()[:, None]
        return torch.where(greedy, scores, chosen)


def draws_of(keys: Sequence[str], candidates: Sequence[int], seed: int, steps: int) -> np.ndarray:
    """Return float64 `[keys, steps]` for `SeededChoice`.

    The numbers are fixed by key, candidate and seed; they are NaN for candidate 0.
    """
    draws = np.full((len(keys), steps), np.nan)
    for row, (key, candidate) in enumerate(zip(keys, candidates, strict=True)):
        if candidate:
            # 256 bits of seed: no two captions share their draws
            digest = hashlib.sha256(f"{key} {seed} {candidate}".encode()).digest()
            draws[row] = np.random.default_rng(list(digest)).random(steps)
    return draws


def generate(model: Any, inputs: Any, draws: np.ndarray, settings: GenerationSettings) -> Tensor:
    """Return the ids that `model.generate` gives, int64 `[rows, tokens]`, on the CPU.

    `inputs` lie on the model's device; `draws` are as `draws_of` returns them.
    """
    import torch
    from transformers import LogitsProcessorList

    choice = SeededChoice(draws, settings.temperature, settings.top_p)
    with _steady(model.device.type), torch.inference_mode():
        ids: Tensor = model.generate(
            **inputs,
            max_new_tokens=settings.max_new_tokens,
            do_sample=False,  # `choice` draws
            num_beams=1,
            # None, so that a model's own generation settings do not come in
            temperature=None,
            top_p=None,
            top_k=None,
            logits_processor=LogitsProcessorList([choice]),
        )
    return ids.cpu()


def _steady(device: str) -> AbstractContextManager[None]:
    """Return a context in which a caption's bits do not depend on the number of cores."""
    from bettersynth.models.devices.threads import one_thread

    return contextlib.nullcontext() if device == "cuda" else one_thread()


def to_device(inputs: Any, model: Any) -> dict[str, Tensor]:
    """Return the processor's tensors on the model's device, pixels in the model's precision."""
    from torch import Tensor

    moved = {}
    for name, value in inputs.items():
        if isinstance(value, Tensor):
            dtype = model.dtype if value.is_floating_point() else value.dtype
            moved[name] = value.to(model.device, dtype)
    return moved
