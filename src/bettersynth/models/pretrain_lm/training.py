"""Training the nano decoder on the simulated pictures.

Measured to matter (docs/log.md): Muon for the matrices beside AdamW, loss on the answer only,
one-word options first, and half of the heads started as matching heads (`decoder.new_decoder`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from bettersynth.models.pretrain_lm.decoder import answer_logits
from bettersynth.models.pretrain_lm.rows import Mixture, Row, bucketed_batches
from bettersynth.models.pretrain_lm.tasks import TaskSampler
from bettersynth.settings.nano_decoder import Schedule

if TYPE_CHECKING:
    from transformers import GemmaForCausalLM

# batches whose rows are drawn together, so that batches hold like lengths
BATCHES_A_DRAW = 16

Curriculum = Callable[[float, Sequence[float]], Mixture]
Report = Callable[[int, dict[str, float]], None]


def train(
    model: GemmaForCausalLM,
    sampler: TaskSampler,
    schedule: Schedule,
    curriculum: Curriculum,
    seed: int,
    report: Report,
    every: int,
) -> Iterator[int]:
    """Train in place; yields after each step.

    `report(step, measures)` gets the tokens so far and each task's mean loss, every `every` steps.
    """
    model.train()
    optimizers = optimizers_of(model, schedule)
    generator = torch.Generator().manual_seed(seed)  # of the noise
    batches = draw_batches(sampler, schedule, curriculum, random.Random(seed))
    losses: dict[str, list[float]] = defaultdict(list)
    tokens = 0
    for step, rows in enumerate(batches):
        set_rates(optimizers, schedule, step)
        per_row = train_step(model, rows, optimizers, generator, sampler.lexicon.letter_ids)
        tokens += sum(len(row.ids) for row in rows)
        for row, loss in zip(rows, per_row, strict=True):
            losses[row.kind].append(loss)
        if (step + 1) % every == 0 or step + 1 == schedule.steps:
            measures: dict[str, float] = {"tokens": tokens}
            for kind, values in sorted(losses.items()):
                measures[f"loss {kind}"] = sum(values) / len(values)
            report(step + 1, measures)
            losses.clear()
            # the report examines the model
            model.train()
        yield step


def draw_batches(
    sampler: TaskSampler, schedule: Schedule, curriculum: Curriculum, shuffle: random.Random
) -> Iterator[list[Row]]:
    """Yield one batch a step; the mixture moves on whenever all drawn batches are used up."""
    batches: list[list[Row]] = []
    for step in range(schedule.steps):
        if not batches:
            # rows are drawn for many steps at once, with the mixture of the first of them
            mixture = curriculum(step / schedule.steps, schedule.phases)
            rows = [sampler.row(mixture) for _ in range(BATCHES_A_DRAW * schedule.batch_rows)]
            batches = bucketed_batches(rows, schedule.batch_rows, shuffle)
        yield batches.pop()


def optimizers_of(model: GemmaForCausalLM, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Return Muon for the layers' matrices, AdamW for the embeddings and the norms."""
    # the embeddings are a matrix too, but no layer's: AdamW has them
    matrices = [parameter for parameter in model.model.layers.parameters() if parameter.ndim == 2]
    known = {id(parameter) for parameter in matrices}
    others = [parameter for parameter in model.parameters() if id(parameter) not in known]
    return [
        torch.optim.Muon(matrices, lr=schedule.muon_lr, weight_decay=schedule.muon_weight_decay),
        torch.optim.AdamW(others, lr=schedule.adamw_lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def set_rates(optimizers: list[torch.optim.Optimizer], schedule: Schedule, step: int) -> None:
    """Set the learning rates of a step (from 0): a warm-up, the peak, a fall to 0."""
    warm = (step + 1) / schedule.warmup_steps
    left = (1.0 - step / schedule.steps) / schedule.decay_share
    share = min(1.0, warm, left)
    for optimizer, peak in zip(optimizers, (schedule.muon_lr, schedule.adamw_lr), strict=True):
        optimizer.param_groups[0]["lr"] = peak * share


def train_step(
    model: GemmaForCausalLM,
    rows: list[Row],
    optimizers: list[torch.optim.Optimizer],
    generator: torch.Generator,
    letters: list[int],
) -> list[float]:
    """Take one step on a batch; return each row's summed loss. `letters` are token ids."""
    logits, targets, owner = answer_logits(model, rows, generator)
    losses = token_losses(logits, targets, rows, letters)  # [answer tokens]
    weight = torch.tensor([1.0 / row.told for row in rows])
    # a long caption counts as much as a letter
    loss = (losses * weight[owner]).sum() / len(rows)
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    # [rows], summed over each row's answer tokens
    return torch.zeros(len(rows)).index_add_(0, owner, losses.detach()).tolist()


def token_losses(logits: Tensor, targets: Tensor, rows: list[Row], letters: list[int]) -> Tensor:
    """Return the cross entropy of each answer token, `[answer tokens]`.

    `logits` are `[answer tokens, vocabulary]`, `targets` `[answer tokens]`. In a letter drill it is
    among the letters alone: the full softmax would push the (tied) embeddings of all other words
    one way, until they are alike.
    """
    if rows[0].kind == "drill":
        logits = logits[:, letters]
        targets = torch.tensor([letters.index(target) for target in targets.tolist()])
    return nn.functional.cross_entropy(logits, targets, reduction="none")
