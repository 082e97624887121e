"""Orders of training rows: at random, grouped by length, or grouped by length with pictures and plain text apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler

from bettersynth.errors import UserError
from bettersynth.settings.training import Grouping


def modality_lengths(rows: Sequence[dict]) -> list[int]:
    """Return the words of each LLaVA row, negative for rows without a picture."""
    lengths = []
    for row in rows:
        words = max(1, sum(len(turn["value"].split()) for turn in row["conversations"]))
        lengths.append(words if row.get("image") else -words)
    return lengths


def even_chunks(indices: Sequence[int], lengths: Sequence[int], chunks: int) -> list[list[int]]:
    """Deal indices into `chunks` lists of equal count and near-equal total length: each goes to the shortest that is not full."""
    if len(indices) % chunks:
        return [list(indices[k::chunks]) for k in range(chunks)]
    size = len(indices) // chunks
    dealt: list[list[int]] = [[] for _ in range(chunks)]
    totals = [0.0] * chunks
    for index in indices:
        shortest = totals.index(min(totals))
        dealt[shortest].append(index)
        totals[shortest] += lengths[index]
        if len(dealt[shortest]) == size:
            totals[shortest] = float("inf")
    return dealt


def length_order(
    lengths: Sequence[int],
    batch_size: int,
    world_size: int,
    generator: torch.Generator | None = None,
) -> list[int]:
    """Return all indices: shuffled, cut into megabatches of `batch_size * world_size`, each sorted (longest first) and dealt out evenly."""
    order = torch.randperm(len(lengths), generator=generator).tolist()
    result: list[int] = []
    for megabatch in _cut(order, batch_size * world_size):
        megabatch = sorted(megabatch, key=lambda i: lengths[i], reverse=True)
        for chunk in even_chunks(megabatch, lengths, world_size):
            result += chunk
    return result


def modality_length_order(
    lengths: Sequence[int],
    batch_size: int,
    world_size: int,
    generator: torch.Generator | None = None,
) -> list[int]:
    """Return all indices with pictures (positive lengths) and text (negative) in megabatches of their own, in random order.

    The two incomplete megabatches are merged and come last, sorted by index. The inner shuffles draw from torch's global generator, as
    the reference's do.

    Raises:
        UserError: a length is 0.
    """
    if any(length == 0 for length in lengths):
        raise UserError(
            f"sample {list(lengths).index(0)} has no words; it cannot be grouped by length"
        )
    if all(length > 0 for length in lengths) or all(length < 0 for length in lengths):
        return length_order([abs(length) for length in lengths], batch_size, world_size, generator)
    size = batch_size * world_size
    megabatches, rest = [], []
    for sign in (1, -1):
        own = [i for i, length in enumerate(lengths) if length * sign > 0]
        cut = _cut(
            [own[i] for i in length_order([abs(lengths[i]) for i in own], batch_size, world_size)],
            size,
        )
        megabatches += cut[:-1]
        rest += cut[-1]
    order = torch.randperm(len(megabatches), generator=generator).tolist()
    return [i for k in order for i in megabatches[k]] + sorted(rest)


def sorted_batches_order(
    lengths: Sequence[int], batch_size: int, generator: torch.Generator, batches: int = 16
) -> list[int]:
    """Return all indices in batches of like length: shuffled, sorted within every `batches` batches, whole batches shuffled again.

    Least padding on one process. An incomplete batch comes last.
    """
    order = torch.randperm(len(lengths), generator=generator).tolist()
    cut = [
        batch
        for megabatch in _cut(order, batch_size * batches)
        for batch in _cut(
            sorted(megabatch, key=lambda i: (abs(lengths[i]), lengths[i])), batch_size
        )
    ]
    whole = [batch for batch in cut if len(batch) == batch_size]
    rest = [i for batch in cut if len(batch) < batch_size for i in batch]
    return [
        i for k in torch.randperm(len(whole), generator=generator).tolist() for i in whole[k]
    ] + rest


def _cut(values: list[int], size: int) -> list[list[int]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


class TrainingSampler(Sampler[int]):
    """Yields one epoch's order; which one depends on seed and epoch alone, so that a resumed run goes on in the same order."""

    def __init__(
        self,
        lengths: Sequence[int],
        grouping: Grouping,
        batch_size: int,
        world_size: int = 1,
        seed: int = 0,
    ) -> None:
        self.lengths, self.grouping = lengths, grouping
        self.batch_size, self.world_size, self.seed, self.epoch = batch_size, world_size, seed, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order the next iteration yields (the data loader calls this)."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        seed = self.seed * 1_000_003 + self.epoch
        generator = torch.Generator().manual_seed(seed)
        if self.grouping == "random":
            return iter(torch.randperm(len(self.lengths), generator=generator).tolist())
        if self.grouping == "sorted_batches":
            return iter(sorted_batches_order(self.lengths, self.batch_size, generator))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if self.grouping == "length":
                return iter(
                    length_order(
                        [abs(length) for length in self.lengths], self.batch_size, self.world_size
                    )
                )
            return iter(modality_length_order(self.lengths, self.batch_size, self.world_size))
