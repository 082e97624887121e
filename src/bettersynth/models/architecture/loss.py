"""What the model learns from: the next token, where there is one to learn.

Letters in shapes: R rows of L positions.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from bettersynth.models.architecture.splicing import IGNORE_INDEX


def next_token_loss(
    head: nn.Module, hidden: Tensor, logits: Tensor | None, labels: Tensor
) -> Tensor:
    """Return the mean cross entropy in float32 over labels `[R, L]` other than -100.

    `logits` are `[R, L, vocabulary]`. Where they are None, `head` computes those of the supervised
    positions alone from `hidden` `[R, L, hidden]`: the same loss.
    """
    # at the position before each label
    taught = labels[:, 1:] != IGNORE_INDEX
    if logits is None:
        # up to 256,000 logits a position: those of masked ones would be computed for nothing
        chosen = head(hidden[:, :-1][taught])  # [supervised, vocabulary]
    else:
        chosen = logits[:, :-1][taught]
    targets = labels[:, 1:][taught]
    if not len(targets):
        # keeps the graph: DDP waits for every gradient
        return hidden.sum().float() * 0.0
    return F.cross_entropy(chosen.float(), targets)
