"""Greedy answers and log-probabilities of given answers, in batches whose size does not change the result.

Prompts are padded on the left with their own positions and mask, so that a prompt's tokens are those that it gets alone.
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
    """Token ids (-200 for `<image>`) and the row of the picture's tokens among those given beside; None for a text without one."""

    ids: Sequence[int]
    picture: int | None = None


def batches_by_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Yield indices in batches of like length, longest first."""
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def embed(
    model: MiniGemini,
    prompts: Sequence[Prompt],
    pictures: Tensor | None,
    labels: Sequence[Sequence[int]] | None,
    padding_side: str,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return spliced embeddings `[B, L, hidden]`, mask and labels `[B, L]`; `pictures` are image tokens `[N, tokens, hidden]`."""
    longest = max(len(prompt.ids) for prompt in prompts)
    ids = torch.zeros(len(prompts), longest, dtype=torch.int64)
    mask = torch.zeros(len(prompts), longest, dtype=torch.bool)
    targets = torch.full((len(prompts), longest), IGNORE_INDEX, dtype=torch.int64)
    for k, prompt in enumerate(prompts):
        ids[k, : len(prompt.ids)] = torch.tensor(prompt.ids)
        mask[k, : len(prompt.ids)] = True
        if labels is not None:
            targets[k, : len(prompt.ids)] = torch.tensor(labels[k])
    rows = torch.tensor(
        [prompt.picture or 0 for prompt in prompts]
    )  # a row without a picture uses up a block that is not read
    device = model.device
    tokens = None if pictures is None else pictures[rows].to(device)
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
    """Return the greedy continuation of each prompt, without the stop token that ends it."""
    model.eval()
    results: list[list[int]] = [[] for _ in prompts]
    bar = tqdm(total=len(prompts), desc=progress, disable=not progress, mininterval=1.0)
    for chosen in batches_by_length([len(prompt.ids) for prompt in prompts], batch_size):
        embeds, mask, _ = embed(model, [prompts[i] for i in chosen], pictures, None, "left")
        for i, tokens in zip(
            chosen, _continue(model, embeds, mask, max_new_tokens, stop_tokens), strict=True
        ):
            results[i] = tokens
        bar.update(len(chosen))
    bar.close()
    return results


def _continue(
    model: MiniGemini, embeds: Tensor, mask: Tensor, max_new_tokens: int, stop_tokens: set[int]
) -> list[list[int]]:
    decoder, head = model.language_model.model, model.language_model.lm_head
    words = model.language_model.get_input_embeddings()
    cache = DynamicCache(config=model.config)
    positions = (mask.long().cumsum(1) - 1).clamp(min=0)
    tokens: list[list[int]] = [[] for _ in range(len(mask))]
    open_rows = [True] * len(mask)
    for _ in range(max_new_tokens):
        output = decoder(
            inputs_embeds=embeds,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
        chosen = head(output.last_hidden_state[:, -1]).float().argmax(-1)
        for k, token in enumerate(chosen.tolist()):
            if open_rows[k]:
                if token in stop_tokens:
                    open_rows[k] = False
                else:
                    tokens[k].append(token)
        if not any(open_rows):
            break
        embeds, positions = words(chosen)[:, None], positions[:, -1:] + 1
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
    return tokens


@torch.inference_mode()
def log_probabilities(
    model: MiniGemini,
    prompts: Sequence[Prompt],
    answers: Sequence[Sequence[int]],
    pictures: Tensor | None,
    batch_size: int = 64,
    progress: str = "",
) -> list[float]:
    """Return the sum of the natural log-probabilities of each answer's tokens after its prompt."""
    model.eval()
    results = [0.0] * len(prompts)
    whole = [
        Prompt([*prompt.ids, *answer], prompt.picture)
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    labels = [
        [IGNORE_INDEX] * len(prompt.ids) + list(answer)
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    bar = tqdm(total=len(prompts), desc=progress, disable=not progress, mininterval=1.0)
    for chosen in batches_by_length([len(prompt.ids) for prompt in whole], batch_size):
        embeds, mask, spliced = embed(
            model, [whole[i] for i in chosen], pictures, [labels[i] for i in chosen], "right"
        )
        hidden = model.language_model.model(
            inputs_embeds=embeds, attention_mask=mask, use_cache=False
        ).last_hidden_state
        rows = spliced[:, 1:] != IGNORE_INDEX
        scores = F.log_softmax(model.language_model.lm_head(hidden[:, :-1][rows]).float(), dim=-1)
        picked = scores.gather(1, spliced[:, 1:][rows][:, None]).squeeze(1).double().cpu()
        for i, part in zip(chosen, picked.split(rows.sum(1).tolist()), strict=True):
            results[i] = float(part.sum())
        bar.update(len(chosen))
    bar.close()
    return results
