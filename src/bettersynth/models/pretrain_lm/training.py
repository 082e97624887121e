"""Training the nano decoder on the simulated pictures, and measuring it on rows it has not seen.

Measured to matter (docs/log.md): Muon for the matrices beside AdamW, loss on the answer only, one-word options first, and half of the
heads started as matching heads (query weights = 3 x key weights).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.models.pretrain_lm.tasks import (
    FIRST_SLOT,
    SLOTS,
    Mixture,
    Row,
    TaskSampler,
    bucketed_batches,
)
from bettersynth.settings.pretrain_lm import Schedule, Shape

if TYPE_CHECKING:
    from transformers import GemmaForCausalLM


def new_decoder(shape: Shape, vocabulary: int, seed: int) -> GemmaForCausalLM:
    """Return a fresh decoder; half of its heads start with W_q = 3 W_k, so that equal inputs attend to each other."""
    declare_missing_schemas()
    from transformers import GemmaConfig, GemmaForCausalLM

    torch.manual_seed(seed)
    head_dim = shape.hidden_size // shape.heads
    config = GemmaConfig(
        vocab_size=vocabulary, hidden_size=shape.hidden_size, num_hidden_layers=shape.layers, num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads, head_dim=head_dim, intermediate_size=shape.intermediate_size, max_position_embeddings=2048,
        pad_token_id=0, eos_token_id=1, bos_token_id=2, initializer_range=0.05, tie_word_embeddings=True,
    )  # fmt: skip
    model = GemmaForCausalLM(config)
    half = shape.heads // 2 * head_dim
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.q_proj.weight[:half] = 3 * layer.self_attn.k_proj.weight[:half]
    return model


def embed_rows(
    model: GemmaForCausalLM, rows: list[Row], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return input embeddings `[rows, tokens, hidden]` with the slots filled in, and the padded ids `[rows, tokens]`."""
    length = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    for k, row in enumerate(rows):
        ids[k, : len(row.ids)] = torch.tensor(row.ids)
    embed = model.get_input_embeddings()
    embedded = embed(ids)
    if not rows[0].slot_ids:
        return embedded, ids
    words = embed(torch.tensor([row.slot_ids for row in rows]))  # rows, 16, blend, hidden
    slots = torch.einsum("bskh,bsk->bsh", words, torch.tensor([row.slot_weights for row in rows]))
    spread = embed.weight.detach().std() * model.config.hidden_size**0.5
    noise = torch.tensor([row.noise for row in rows])[:, None, None] * spread
    slots = slots + noise * torch.randn(slots.shape, generator=generator)
    embedded = torch.cat(
        [embedded[:, :FIRST_SLOT], slots, embedded[:, FIRST_SLOT + SLOTS :]], dim=1
    )
    return embedded, ids


def answer_logits(
    model: GemmaForCausalLM, rows: list[Row], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits `[answer tokens, vocabulary]`, their targets, and each one's row; nothing is computed for other positions' logits."""
    embedded, ids = embed_rows(model, rows, generator)
    hidden = model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state
    owner = torch.tensor([k for k, row in enumerate(rows) for _ in row.answers])
    place = torch.tensor([t for row in rows for t in row.answers])
    return model.lm_head(hidden[owner, place - 1]), ids[owner, place], owner


def first_curriculum(progress: float, phases: Sequence[float]) -> Mixture:
    """All tasks but the colours (`progress` 0..1 of the steps): words bound to letters; one-word options on clean slots; signs too; then
    everything, with multi-word names, noise and clutter growing from nothing to full."""
    binding, letters, signs, ramp_end = phases
    if progress < signs:
        if progress < binding:
            shares = {"drill": 1.0}
        elif progress < letters:
            shares = {"letters": 0.5, "drill": 0.2, "describe": 0.3}
        else:
            shares = {
                "letters": 0.3,
                "drill": 0.05,
                "describe": 0.25,
                "signs": 0.2,
                "color_drill": 0.2,
            }
        return Mixture(shares=shares, multi_word=0.0, noise=0.0, clutter=0.0, max_signs=2)
    ramp = min(1.0, (progress - signs) / (ramp_end - signs))
    shares = {"letters": 0.35, "describe": 0.3, "signs": 0.25, "color_drill": 0.1}
    return Mixture(shares=shares, multi_word=ramp, noise=1.5 * ramp, clutter=ramp)


def color_curriculum(progress: float, phases: Sequence[float]) -> Mixture:
    """The colours, while the other tasks go on: colour to place to word; the place left out; the same on noisy boards."""
    two_signs, told, plain = phases
    if progress < told:
        shares = {"color_chain": 0.6, "letters": 0.15, "signs": 0.1, "describe": 0.15}
        return Mixture(shares=shares, plain_colors=True, max_signs=2 if progress < two_signs else 3)
    if progress < plain:
        shares = {
            "color_chain": 0.15,
            "color_pairs": 0.35,
            "color": 0.25,
            "letters": 0.1,
            "signs": 0.05,
            "describe": 0.1,
        }
        return Mixture(shares=shares, plain_colors=True)
    return Mixture(
        shares={
            "color_pairs": 0.15,
            "color": 0.2,
            "letters": 0.22,
            "signs": 0.15,
            "describe": 0.28,
        },
        color=0.2,
    )


def optimizers_of(model: GemmaForCausalLM, schedule: Schedule) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the embeddings and the norms."""
    matrices = [p for p in model.model.layers.parameters() if p.ndim == 2]
    known = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in known]
    return [
        torch.optim.Muon(matrices, lr=schedule.muon_lr, weight_decay=schedule.muon_weight_decay),
        torch.optim.AdamW(others, lr=schedule.adamw_lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def token_losses(logits: Tensor, targets: Tensor, rows: list[Row], letters: list[int]) -> Tensor:
    """Cross entropy of each answer token; in a letter drill among the letters alone.

    The full softmax of a drill would push the (tied) embeddings of all other words one way, until they are alike.
    """
    if rows[0].kind == "drill":
        logits = logits[:, letters]
        targets = torch.tensor([letters.index(t) for t in targets.tolist()])
    return nn.functional.cross_entropy(logits, targets, reduction="none")


def train(
    model: GemmaForCausalLM,
    sampler: TaskSampler,
    schedule: Schedule,
    curriculum: Callable[[float, Sequence[float]], Mixture],
    seed: int,
    report: Callable[[int, dict[str, float]], None],
    every: int,
) -> Iterator[int]:
    """Train in place; yields after each step. `report(step, measures)` gets the tokens and each task's loss, every `every` steps."""
    model.train()
    optimizers = optimizers_of(model, schedule)
    generator, shuffle = torch.Generator().manual_seed(seed), random.Random(seed)
    losses: dict[str, list[float]] = defaultdict(list)
    tokens = 0
    batches: list[list[Row]] = []
    for step in range(schedule.steps):
        progress = step / schedule.steps
        if not batches:
            mixture = curriculum(progress, schedule.phases)
            batches = bucketed_batches(
                [sampler.row(mixture) for _ in range(16 * schedule.batch_rows)],
                schedule.batch_rows,
                shuffle,
            )
        rows = batches.pop()
        rate = min(1.0, (step + 1) / schedule.warmup_steps, (1.0 - progress) / schedule.decay_share)
        for optimizer, peak in zip(optimizers, (schedule.muon_lr, schedule.adamw_lr), strict=True):
            optimizer.param_groups[0]["lr"] = peak * rate
        logits, targets, owner = answer_logits(model, rows, generator)
        each = token_losses(logits, targets, rows, sampler.letter_ids)
        weight = torch.tensor([1.0 / row.told for row in rows])
        loss = (each * weight[owner]).sum() / len(rows)  # a long caption counts as much as a letter
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        tokens += sum(len(row.ids) for row in rows)
        per_row = torch.zeros(len(rows)).index_add_(0, owner, each.detach()).tolist()
        for row, value in zip(rows, per_row, strict=True):
            losses[row.kind].append(value)
        if (step + 1) % every == 0 or step + 1 == schedule.steps:
            report(
                step + 1,
                {
                    "tokens": tokens,
                    **{f"loss {kind}": sum(v) / len(v) for kind, v in sorted(losses.items())},
                },
            )
            losses.clear()
            model.train()
        yield step


@torch.no_grad()
def accuracy(model: GemmaForCausalLM, rows: list[Row], seed: int) -> dict[str, float]:
    """Return `first`: share of rows whose first answer token is the most likely of all tokens; `exact`: every answer token is (the greedy
    answer equals the target); `listed`: mean chance of picking any listed letter or word."""
    model.eval()
    generator = torch.Generator().manual_seed(seed)
    first, exact = [], []
    for start in range(0, len(rows), 64):
        batch = rows[start : start + 64]
        logits, targets, owner = answer_logits(model, batch, generator)
        right = (logits.argmax(-1) == targets).tolist()
        by_row: dict[int, list[bool]] = defaultdict(list)
        for value, k in zip(right, owner.tolist(), strict=True):
            by_row[k].append(value)
        first += [by_row[k][0] for k in range(len(batch))]
        exact += [all(by_row[k]) for k in range(len(batch))]
    listed = [1 / len(row.listed) for row in rows if row.listed]
    chance = {"listed": sum(listed) / len(listed)} if listed else {}
    return {"first": sum(first) / len(first), "exact": sum(exact) / len(exact), **chance}


NOISE_LEVELS = {
    "clean": Mixture(noise=0.0, clean=1.0, clutter=0.0),
    "medium": Mixture(noise=1.0, clean=0.0, clutter=1.0),
    "hard": Mixture(noise=2.5, clean=0.0, clutter=1.0),
}


def examination(sampler: TaskSampler, rows: int) -> dict[str, list[Row]]:
    """Draw the test rows once: letters with four options, naming, and each sign question, under clean and medium noise."""
    tests: dict[str, list[Row]] = {}
    known = sampler.trained_concepts
    for level, mixture in NOISE_LEVELS.items():
        one_word = replace(mixture, multi_word=0.0)
        tests[f"letters-1word {level}"] = [
            sampler.letters(one_word, options=4) for _ in range(rows)
        ]
        tests[f"letters {level}"] = [sampler.letters(mixture, options=4) for _ in range(rows)]
        tests[f"naming {level}"] = [
            sampler.concept_name(sampler.random.choice(sampler.concepts), mixture)
            for _ in range(rows)
        ]
        tests[f"naming-known {level}"] = [
            sampler.concept_name(sampler.random.choice(known), mixture) for _ in range(rows)
        ]
        if level == "hard":
            continue
        tests[f"only {level}"] = [sampler.signs(mixture, "only", 1) for _ in range(rows // 2)]
        for kind in ("top", "bottom", "color"):
            tests[f"{kind}2 {level}"] = [sampler.signs(mixture, kind, 2) for _ in range(rows // 2)]
            tests[f"{kind}3 {level}"] = [sampler.signs(mixture, kind, 3) for _ in range(rows // 2)]
    return tests
