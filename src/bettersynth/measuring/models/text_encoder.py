"""Embeddings of texts by any encoder or decoder of transformers, a folder or hub id."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

import numpy as np

from bettersynth.models.weights.hub import loading

if TYPE_CHECKING:
    from torch import Tensor

# None: the last token's hidden state
Pooling = Literal["mean", "weighted_mean"] | None
# tokens, where the model itself allows as many: Data-Juicer's
MAX_TOKENS = 4096


class TextEncoder:
    """One text at a time, so that its bits do not depend on its neighbours."""

    def __init__(self, name: str, trust_remote_code: bool) -> None:
        from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

        declare_missing_schemas()
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        with loading(f"the text encoder {name}", name):
            self.tokenizer = AutoTokenizer.from_pretrained(
                name, trust_remote_code=trust_remote_code
            )
            model = AutoModel.from_pretrained(name, trust_remote_code=trust_remote_code)
        self.model = model.eval().requires_grad_(False)
        positions = getattr(model.config, "max_position_embeddings", None) or MAX_TOKENS
        self.max_tokens = min(MAX_TOKENS, positions)

    def embed(self, text: str, pooling: Pooling) -> np.ndarray:
        """Return a unit vector, float64 `[width]`; a text is cut after what the model can read."""
        import torch

        from bettersynth.models.devices.threads import one_thread

        inputs = self.tokenizer(
            text, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        )
        with one_thread(), torch.inference_mode():
            hidden = self.model(**inputs).last_hidden_state[0]  # [tokens, width]
            pooled = _pooled(hidden, pooling)
            unit = torch.nn.functional.normalize(pooled, dim=0)
        vector: np.ndarray = unit.double().numpy()
        return vector


def _pooled(hidden: Tensor, pooling: Pooling) -> Tensor:
    """Return `[width]` of the hidden states `[tokens, width]` of one text.

    Source: arXiv 2503.01807; in weighted_mean the k-th token counts k times
    (arXiv 2202.08904).
    """
    import torch

    if pooling is None:
        return hidden[-1]
    if pooling == "mean":
        return hidden.mean(0)
    weights = torch.arange(1, len(hidden) + 1, dtype=hidden.dtype) / len(hidden)
    return (hidden * weights[:, None]).mean(0)


@functools.lru_cache(maxsize=1)
def load_encoder(name: str, trust_remote_code: bool = False) -> TextEncoder:
    """Return the encoder, loaded once a process.

    Raises:
        UserError: it is neither on this disk nor can it be fetched, or is no such model.
    """
    return TextEncoder(name, trust_remote_code)
