"""The network of nano's captioner: a small recurrent language model with a picture before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bettersynth.models.backbones.caption_words import PAD
from bettersynth.models.backbones.lite0_shapes import POOLED_CHANNELS


class CaptionModel(nn.Module):
    """A GRU whose first state and every input carry the projected picture.

    Input and output words share their vectors.
    """

    def __init__(self, vocabulary: int, width: int, hidden: int, dropout: float):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width, padding_idx=PAD)
        # the vectors are the output layer too: larger ones would make its first logits extreme
        nn.init.normal_(self.words.weight, std=width**-0.5)
        self.prefix = nn.Linear(POOLED_CHANNELS, hidden)
        self.context = nn.Linear(hidden, width)
        self.gru = nn.GRU(width, hidden, batch_first=True)
        self.out = nn.Linear(hidden, width)
        self.image_dropout = nn.Dropout(dropout)
        self.dropout = nn.Dropout(dropout / 2)

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what standardised features `[batch, 1280]` begin a caption with.

        The first state is `[1, batch, hidden]`, the picture's input `[batch, 1, width]`.
        """
        prefix = torch.tanh(self.prefix(self.image_dropout(features)))  # [batch, hidden]
        return prefix[None].contiguous(), self.context(prefix)[:, None]

    def step(self, ids: Tensor, state: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of what follows each of `ids` `[batch, tokens]`, and the next state.

        Logits are `[batch, tokens, vocabulary]`; state and context are as `start` returns them.
        """
        hidden, state = self.gru(self.dropout(self.words(ids)) + context, state)
        return self.out(self.dropout(hidden)) @ self.words.weight.T, state

    def forward(self, features: Tensor, ids: Tensor) -> Tensor:
        """Return logits `[batch, tokens, vocabulary]` for teacher-forced `ids`."""
        state, context = self.start(features)
        return self.step(ids, state, context)[0]
