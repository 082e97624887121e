"""A tiny Mini-Gemini and a batch of conversations of uneven lengths."""

from __future__ import annotations

import torch

from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX


def tiny(kind: str, attention: str = "sdpa") -> MiniGemini:
    torch.manual_seed(0)
    settings = {
        "model_type": kind,
        "vocab_size": 60,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "head_dim": 8,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "mm_hidden_size": 8,
        "mm_hidden_size_aux": 6,
        "initializer_range": 0.2,
    }
    return MiniGemini(MiniGeminiConfig.from_dict(settings), attn_implementation=attention).train()


def uneven_batch() -> dict[str, torch.Tensor]:
    """Six conversations of 3 to 21 words with a picture each; their last halves are supervised."""
    torch.manual_seed(1)
    lengths = (21, 3, 9, 5, 12, 4)
    ids = torch.zeros(6, max(lengths), dtype=torch.int64)
    labels = torch.full_like(ids, IGNORE_INDEX)
    for k, length in enumerate(lengths):
        ids[k, :length] = torch.randint(3, 60, (length,))
        labels[k, length // 2 : length] = ids[k, length // 2 : length]
        ids[k, 1], labels[k, 1] = IMAGE_TOKEN_INDEX, IGNORE_INDEX
    labels[1, 0] = ids[1, 0]  # a first token is never predicted, packed or not
    return {
        "input_ids": ids,
        "attention_mask": ids != 0,
        "labels": labels,
        "low_res": torch.randn(6, 4, 8),
        "high_res": torch.randn(6, 4, 4, 6),
    }
