"""Orders of training rows: at random, or by length so that batches need little padding.

Lengths are token counts; where pictures and plain text are told apart, those of text are negative.
"""

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
        text = " ".join(turn["value"] for turn in row["conversations"])
        # 0 would be neither: the sign says whether there is a picture
        words = max(1, len(text.split()))
        lengths.append(words if row.get("image") else -words)
    return lengths


def even_chunks(indices: Sequence[int], lengths: Sequence[int], chunks: int) -> list[list[int]]:
    """Deal indices into `chunks` lists of equal count and near-equal total length.

    Each goes to the shortest list that is not full.
    """
    # as the reference: an uneven rest is dealt in turn
    if len(indices) % chunks:
        return [list(indices[first::chunks]) for first in range(chunks)]
    size = len(indices) // chunks
    dealt: list[list[int]] = [[] for _ in range(chunks)]
    # a list that is full counts as infinitely long
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
    """Return all indices, shuffled and cut into megabatches of `batch_size * world_size`.

    Each megabatch is sorted (longest first) and dealt out evenly.
    """
    shuffled = torch.randperm(len(lengths), generator=generator).tolist()
    order: list[int] = []
    for megabatch in _cut(shuffled, batch_size * world_size):
        # sorted is stable: the shuffle decides among equal lengths
        longest_first = sorted(megabatch, key=lambda index: lengths[index], reverse=True)
        for chunk in even_chunks(longest_first, lengths, world_size):
            order += chunk
    return order


def modality_length_order(
    lengths: Sequence[int],
    batch_size: int,
    world_size: int,
    generator: torch.Generator | None = None,
) -> list[int]:
    """Return all indices with pictures (positive lengths) and text (negative) in turn.

    Each kind has megabatches of its own, in random order. The two incomplete megabatches are merged
    and come last, sorted by index. The inner shuffles draw from torch's global generator, as the
    reference's do.

    Raises:
        UserError: a length is 0.
    """
    if any(length == 0 for length in lengths):
        raise UserError(
            f"sample {list(lengths).index(0)} has no words; it cannot be grouped by length"
        )
    sizes = [abs(length) for length in lengths]
    with_picture = [index for index, length in enumerate(lengths) if length > 0]
    text = [index for index, length in enumerate(lengths) if length < 0]
    if not with_picture or not text:
        return length_order(sizes, batch_size, world_size, generator)
    megabatches = []
    rest = []
    for kind in (with_picture, text):
        kind_sizes = [sizes[index] for index in kind]
        positions = length_order(kind_sizes, batch_size, world_size)
        order = [kind[position] for position in positions]
        # the last one counts as incomplete even when it is not, as in the reference
        *whole, last = _cut(order, batch_size * world_size)
        megabatches += whole
        rest += last
    shuffled = torch.randperm(len(megabatches), generator=generator).tolist()
    return _joined([megabatches[position] for position in shuffled]) + sorted(rest)


def sorted_batches_order(
    lengths: Sequence[int], batch_size: int, generator: torch.Generator, batches: int = 16
) -> list[int]:
    """Return all indices in batches of like length, for the least padding on one process.

    They are shuffled, sorted within every `batches` batches, and whole batches are shuffled again.
    An incomplete batch comes last.
    """
    shuffled = torch.randperm(len(lengths), generator=generator).tolist()
    cut: list[list[int]] = []
    for megabatch in _cut(shuffled, batch_size * batches):
        # of equal lengths those without a picture first: fewer batches mix the two
        shortest_first = sorted(megabatch, key=lambda index: (abs(lengths[index]), lengths[index]))
        cut += _cut(shortest_first, batch_size)
    whole = [batch for batch in cut if len(batch) == batch_size]
    rest = [batch for batch in cut if len(batch) < batch_size]
    order = torch.randperm(len(whole), generator=generator).tolist()
    return _joined([whole[position] for position in order]) + _joined(rest)


def _cut(values: list[int], size: int) -> list[list[int]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _joined(batches: list[list[int]]) -> list[int]:
    order: list[int] = []
    for batch in batches:
        order += batch
    return order


class TrainingSampler(Sampler[int]):
    """Yields one epoch's order.

    Which one depends on seed and epoch alone, so that a resumed run goes on in the same order.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        grouping: Grouping,
        batch_size: int,
        world_size: int = 1,
        seed: int = 0,
    ) -> None:
        self.lengths = lengths
        self.grouping = grouping
        self.batch_size = batch_size
        self.world_size = world_size
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order the next iteration yields (the data loader calls this)."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        return iter(self._order())

    def _order(self) -> list[int]:
        # a prime apart, so that no epoch of one seed is another seed's
        seed = self.seed * 1_000_003 + self.epoch
        generator = torch.Generator().manual_seed(seed)
        if self.grouping == "random":
            return torch.randperm(len(self.lengths), generator=generator).tolist()
        if self.grouping == "sorted_batches":
            return sorted_batches_order(self.lengths, self.batch_size, generator)
        # the reference's two orders draw from the global generator
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if self.grouping == "length":
                sizes = [abs(length) for length in self.lengths]
                return length_order(sizes, self.batch_size, self.world_size)
            return modality_length_order(self.lengths, self.batch_size, self.world_size)
