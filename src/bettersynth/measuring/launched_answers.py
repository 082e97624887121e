"""A trained model that several processes ask at once: of this machine, or of a Ray cluster.

Batches are those that one process forms, so that answers have the same bytes whoever gives them.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from bettersynth.data.files.processes import DEATH
from bettersynth.errors import UserError
from bettersynth.measuring.launching import Launch, PartDone, launched
from bettersynth.models.answering.answer_parts import AnswerPart, Packed, PartAnswering
from bettersynth.models.answering.asked_model import Asked, AskedModel
from bettersynth.models.answering.generation import Prompt, batches_by_length
from bettersynth.models.answering.packed_model import packed, unpacked
from bettersynth.models.devices.gpus import visible_gpus
from bettersynth.models.devices.shared_models import sharing_models
from bettersynth.settings.predict import PredictSettings

# a process that has fewer batches to do costs more to start than it saves
BATCHES_A_WORKER = 4
# so that one is on its way while another is answered
WORKERS_A_GPU = 3

Run = Callable[[Iterable[AnswerPart]], Iterator[PartDone]]


@contextlib.contextmanager
def launched_model(
    folder: Path, settings: PredictSettings, launch: Launch
) -> Iterator[Callable[[int], Asked] | None]:
    """Yield what opens the model of `folder`, as workers hold it, for so many pictures.

    None where this process alone is to work.
    """
    if launch.is_here:
        yield None
        return
    with contextlib.ExitStack() as opened:

        def open_model(pictures: int) -> Asked:
            own = worthwhile(launch, -(-pictures // settings.batch_size))
            if own.is_here:
                return AskedModel(folder, settings)
            opened.enter_context(sharing_models(own.local_workers))
            start = PartAnswering(folder, settings)
            run = opened.enter_context(launched(start, AnswerPart.take, own))
            return LaunchedModel(settings.batch_size, run)

        yield open_model


def worthwhile(launch: Launch, batches: int) -> Launch:
    """Return the launch with no more workers than have enough to do with so many batches."""
    if launch.engine == "ray":
        workers = batches if launch.workers is None else min(launch.workers, batches)
    elif gpus := visible_gpus():
        # those who work beside a GPU hold no model, and start at once
        workers = min(launch.local_workers, batches, WORKERS_A_GPU * len(gpus))
    else:
        workers = min(launch.local_workers, batches // BATCHES_A_WORKER)
    return dataclasses.replace(launch, workers=max(1, workers))


class LaunchedModel:
    """The same answers as `AskedModel` gives, by those who do what `run` is given."""

    def __init__(self, batch_size: int, run: Run):
        self.batch_size = batch_size
        self.run = run

    def see(self, pictures: Sequence[bytes]) -> Tensor:
        """As `Asked`."""
        starts = range(0, len(pictures), self.batch_size)
        batches = [range(start, min(start + self.batch_size, len(pictures))) for start in starts]

        def part_of(batch: range) -> AnswerPart:
            own = [pictures[place] for place in batch]
            return AnswerPart("see", own, None, (batch.start,))

        seen = self._results(batches, map(part_of, batches), "pictures")
        return torch.cat([unpacked(part) for part in seen])

    def continuations(
        self,
        prompts: Sequence[Prompt],
        pictures: Tensor | None,
        max_new_tokens: int,
        stop_tokens: set[int],
        progress: str,
    ) -> list[list[int]]:
        """As `Asked`."""
        batches = self._batches([len(prompt.ids) for prompt in prompts])

        def part_of(batch: Sequence[int]) -> AnswerPart:
            own, rows = _with_own_rows([prompts[place] for place in batch], pictures)
            return AnswerPart("continuations", own, rows, (max_new_tokens, stop_tokens))

        return _in_place(batches, self._results(batches, map(part_of, batches), progress))

    def log_probabilities(
        self,
        prompts: Sequence[Prompt],
        answers: Sequence[Sequence[int]],
        pictures: Tensor | None,
        progress: str,
    ) -> list[float]:
        """As `Asked`."""
        lengths = []
        for prompt, answer in zip(prompts, answers, strict=True):
            lengths.append(len(prompt.ids) + len(answer))
        batches = self._batches(lengths)

        def part_of(batch: Sequence[int]) -> AnswerPart:
            own, rows = _with_own_rows([prompts[place] for place in batch], pictures)
            pairs = list(zip(own, [answers[place] for place in batch], strict=True))
            return AnswerPart("log_probabilities", pairs, rows)

        return _in_place(batches, self._results(batches, map(part_of, batches), progress))

    def _batches(self, lengths: Sequence[int]) -> list[list[int]]:
        return list(batches_by_length(lengths, self.batch_size))

    def _results(
        self, batches: Sequence[Sequence[int]], parts: Iterable[AnswerPart], progress: str
    ) -> Iterator[Any]:
        """Yield what came of each batch, in order.

        Raises:
            UserError: one of its items ends each process that works on it.
        """
        items = sum(map(len, batches))
        with tqdm(total=items, desc=progress, disable=not progress, mininterval=1.0) as bar:
            for batch, done in zip(batches, self.run(parts), strict=True):
                if done.killers:
                    # a question that is left out would be a wrong answer without a word
                    numbers = ", ".join(str(batch[position]) for position in done.killers)
                    raise UserError(f"{progress}: number {numbers} of {items} (from 0): {DEATH}")
                bar.update(len(batch))
                yield done.result


def _in_place(batches: Sequence[Sequence[int]], results: Iterable[Sequence[Any]]) -> list[Any]:
    """Return the items' results in the items' order."""
    of_place: dict[int, Any] = {}
    for batch, of_batch in zip(batches, results, strict=True):
        of_place.update(zip(batch, of_batch, strict=True))
    return [of_place[place] for place in range(len(of_place))]


def _with_own_rows(
    prompts: Sequence[Prompt], pictures: Tensor | None
) -> tuple[list[Prompt], Packed | None]:
    """Return prompts that name rows of the pictures beside them, each of which travels once."""
    if pictures is None:
        return list(prompts), None
    # a prompt without a picture takes the first one's place up, and does not read it
    rows = sorted({prompt.picture or 0 for prompt in prompts})
    row_of = {row: own for own, row in enumerate(rows)}
    own_prompts = []
    for prompt in prompts:
        own = None if prompt.picture is None else row_of[prompt.picture]
        own_prompts.append(Prompt(prompt.ids, own))
    return own_prompts, packed(pictures[rows])
