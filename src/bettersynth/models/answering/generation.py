"""Greedy answers and log-probabilities of given answers, in batches of any size.

The size does not change the result: prompts are padded on the left with their own positions and
mask, so that a prompt's tokens are those that it gets alone.

Letters in shapes: B prompts of L positions, N pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm
from transformers import DynamicCache

from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.splicing import IGNORE_INDEX


class Prompt(NamedTuple):
    """A question as the model reads it."""

    ids: Sequence[int]  # -200 for `<image>`
    picture: int | None = None  # row of its tokens among those given beside; None for plain text


def batches_by_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Yield indices in batches of like length, longest first."""
    # so that a lack of memory shows in the first batch
    order = sorted(range(len(lengths)), key=lambda index: (-lengths[index], index))
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def embed(
    model: MiniGemini,
    prompts: Sequence[Prompt],
    pictures: Tensor | None,
    labels: Sequence[Sequence[int]] | None,
    padding_side: str,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return spliced embeddings `[B, L, hidden]`, mask and labels `[B, L]`.

    `pictures` are image tokens `[N, tokens, hidden]`.
    """
    longest = max(len(prompt.ids) for prompt in prompts)
    shape = (len(prompts), longest)
    ids = torch.zeros(shape, dtype=torch.int64)
    mask = torch.zeros(shape, dtype=torch.bool)
    targets = torch.full(shape, IGNORE_INDEX, dtype=torch.int64)
    for row, prompt in enumerate(prompts):
        length = len(prompt.ids)
        ids[row, :length] = torch.tensor(prompt.ids)
        mask[row, :length] = True
        if labels is not None:
            targets[row, :length] = torch.tensor(labels[row])
    # a row without a picture uses up a block that is not read
    rows = torch.tensor([prompt.picture or 0 for prompt in prompts])
    device = model.device
    tokens = None if pictures is None else pictures[rows].to(device)  # [B, tokens, hidden]
    return model.splice(ids.to(device), mask.to(device), targets.to(device), tokens, padding_side)


@torch.inference_mode()
def generate(
    model: MiniGemini,
    prompts: Sequence[Prompt],
    pictures: Tensor | None,
    max_new_tokens: int,
    stop_tokens: set[int],
    batch_size: int = 64,
    progress: str = "",
) -> list[list[int]]:
    """Return the greedy continuation of each prompt, without the stop token that ends it.

    `pictures` are image tokens `[N, tokens, hidden]`.
    """
    model.eval()
    results: list[list[int]] = [[] for _ in prompts]
    lengths = [len(prompt.ids) for prompt in prompts]
    bar = tqdm(total=len(prompts), desc=progress, disable=not progress, mininterval=1.0)
    for batch in batches_by_length(lengths, batch_size):
        batch_prompts = [prompts[index] for index in batch]
        # on the left: all rows then go on at the same position
        embeds, mask, _ = embed(model, batch_prompts, pictures, None, "left")
        continuations = _continue(model, embeds, mask, max_new_tokens, stop_tokens)
        for index, tokens in zip(batch, continuations, strict=True):
            results[index] = tokens
        bar.update(len(batch))
    bar.close()
    return results


def _continue(
    model: MiniGemini, embeds: Tensor, mask: Tensor, max_new_tokens: int, stop_tokens: set[int]
) -> list[list[int]]:
    """Continue embeddings `[B, L, hidden]` with mask `[B, L]`."""
    decoder = model.language_model.model
    head = model.language_model.lm_head
    words = model.language_model.get_input_embeddings()
    # keys and values of what was read: each step computes one position a row
    cache = DynamicCache(config=model.config)
    positions = (mask.long().cumsum(1) - 1).clamp(min=0)  # [B, L], from 0 behind the padding
    continuations: list[list[int]] = [[] for _ in range(len(mask))]
    is_open = [True] * len(mask)
    for _ in range(max_new_tokens):
        output = decoder(
            inputs_embeds=embeds,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
        chosen = head(output.last_hidden_state[:, -1]).float().argmax(-1)  # [B]
        for row, token in enumerate(chosen.tolist()):
            if token in stop_tokens:
                is_open[row] = False
            elif is_open[row]:
                continuations[row].append(token)
        if not any(is_open):
            break
        # from here on one new position a row; the cache holds the rest
        # rows that have ended are continued too, and thrown away: the batch keeps its shape
        embeds = words(chosen)[:, None]  # [B, 1, hidden]
        positions = positions[:, -1:] + 1
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
    return continuations


@torch.inference_mode()
def log_probabilities(
    model: MiniGemini,
    prompts: Sequence[Prompt],
    answers: Sequence[Sequence[int]],
    pictures: Tensor | None,
    batch_size: int = 64,
    progress: str = "",
) -> list[float]:
    """Return the sum of the natural log-probabilities of each answer's tokens after its prompt.

    `pictures` are image tokens `[N, tokens, hidden]`.
    """
    model.eval()
    results = [0.0] * len(prompts)
    whole = []
    labels = []
    for prompt, answer in zip(prompts, answers, strict=True):
        whole.append(Prompt([*prompt.ids, *answer], prompt.picture))
        labels.append([IGNORE_INDEX] * len(prompt.ids) + list(answer))
    lengths = [len(prompt.ids) for prompt in whole]
    bar = tqdm(total=len(prompts), desc=progress, disable=not progress, mininterval=1.0)
    for batch in batches_by_length(lengths, batch_size):
        batch_prompts = [whole[index] for index in batch]
        batch_labels = [labels[index] for index in batch]
        embeds, mask, targets = embed(model, batch_prompts, pictures, batch_labels, "right")
        sums = _answer_sums(model, embeds, mask, targets)
        for index, total in zip(batch, sums, strict=True):
            results[index] = total
        bar.update(len(batch))
    bar.close()
    return results


def _answer_sums(model: MiniGemini, embeds: Tensor, mask: Tensor, targets: Tensor) -> list[float]:
    """Return the summed log-probability of each row's targets `[B, L]` other than -100.

    `embeds` are `[B, L, hidden]`, `mask` `[B, L]`.
    """
    hidden = model.language_model.model(
        inputs_embeds=embeds, attention_mask=mask, use_cache=False
    ).last_hidden_state  # [B, L, hidden]
    # at the position before each target
    asked = targets[:, 1:] != IGNORE_INDEX
    # of the answer alone: logits of a whole prompt would fill the memory
    logits = model.language_model.lm_head(hidden[:, :-1][asked])  # [asked tokens, vocabulary]
    # in float32 and summed in float64, whatever the model computes in
    scores = F.log_softmax(logits.float(), dim=-1)
    wanted = targets[:, 1:][asked]
    picked = scores.gather(1, wanted[:, None]).squeeze(1)  # [asked tokens]
    picked = picked.double().cpu()
    tokens_a_row = asked.sum(1).tolist()
    return [float(part.sum()) for part in picked.split(tokens_a_row)]
