"""Answers of a trained model given once: each is kept in the score cache by model, prompt and
picture.

A repeated evaluation asks nothing again, and a killed one goes on where it was. What is missing is
asked for in the batches that a model without a cache forms, whole, so that its bytes are the same.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bettersynth.data.files.hashing import content_key, sha256_of_bytes
from bettersynth.data.files.reading import read_object
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.measuring.answer_identity import CACHE_NAME, VERSION, answers_code
from bettersynth.measuring.score_cache import ColumnIdentity, ScoreColumn
from bettersynth.models.answering.asked_model import Asked, AskedModel
from bettersynth.models.answering.generation import Prompt, batches_by_length
from bettersynth.models.weights.identity import hash_of_model
from bettersynth.settings.predict import PredictSettings

# settings that may move an answer and stand in no prompt
DECIDING = ("batch_size", "precision", "attn_implementation", "threads")
# that are asked for between two entries into the cache
BATCHES = 16

OpenModel = Callable[[int], Asked]
PictureKeys = Callable[[Sequence[bytes]], list[str]]


@contextlib.contextmanager
def kept_answers(
    folder: Path, settings: PredictSettings, open_model: OpenModel | None = None
) -> Iterator[KeptModel]:
    """Yield the model of `folder` behind the cache; `open_model` says who is asked, by default a
    model in this process, which is read when the first answer is missing.
    """
    towers = towers_of(folder)
    deciding = {name: getattr(settings, name) for name in DECIDING}
    weights = " ".join(map(_hash_of, [folder, *towers]))
    column = ScoreColumn(ColumnIdentity(CACHE_NAME, VERSION, deciding, weights, answers_code()))
    keys_of = file_keys if towers else feature_keys
    open_model = open_model or (lambda _: AskedModel(folder, settings))
    try:
        yield KeptModel(column, settings.batch_size, keys_of, open_model)
    finally:
        column.close()


def towers_of(folder: Path) -> list[str]:
    """Return the towers that a trained model looks with; none where it reads stored features."""
    config = read_object(folder / "config.json")
    names = (config.get("mm_vision_tower"), config.get("mm_vision_tower_aux"))
    return [name for name in names if name]


def _hash_of(name: str | Path) -> str:
    path = Path(name)
    # what is remembered of a folder is remembered by its name
    return hash_of_model(path.resolve() if path.exists() else name)


def file_keys(pictures: Sequence[bytes]) -> list[str]:
    """Return what pictures are known by that a model's own towers look at."""
    return [sha256_of_bytes(content) for content in pictures]


def feature_keys(pictures: Sequence[bytes]) -> list[str]:
    """Return what pictures are known by whose stored features are read.

    Raises:
        UserError: a picture has no features.
    """
    store = FeatureStore()
    keys = []
    for row in store.rows(file_keys(pictures)):
        low, high = store.low_res([row]), store.high_res([row])
        keys.append(sha256_of_bytes(low.tobytes() + high.tobytes()))
    return keys


class KeptModel:
    """The same answers as the model that is asked, as `Asked`; `wanted` counts all of them, `made`
    those that the cache did not know.
    """

    def __init__(
        self,
        column: ScoreColumn,
        batch_size: int,
        keys_of: PictureKeys,
        open_model: OpenModel,
    ) -> None:
        self.column = column
        self.batch_size = batch_size
        self.keys_of = keys_of
        self.open_model = open_model
        self.wanted = 0
        self.made = 0
        self._files: Sequence[bytes] = ()
        self._pictures: list[str] = []
        self._asked: Asked | None = None
        self._seen: Tensor | None = None

    def see(self, pictures: Sequence[bytes]) -> Tensor:
        """As `Asked`, but that nothing is looked at before an answer is missing: no rows."""
        self._files = pictures
        self._pictures = self.keys_of(pictures)
        self._seen = None
        return torch.empty(0)

    def continuations(
        self,
        prompts: Sequence[Prompt],
        pictures: Tensor | None,
        max_new_tokens: int,
        stop_tokens: set[int],
        progress: str,
    ) -> list[list[int]]:
        """As `Asked`, about the pictures that were seen last."""
        common = ["continuation", max_new_tokens, *sorted(stop_tokens)]
        keys = [self._key(common, prompt, ()) for prompt in prompts]
        lengths = [len(prompt.ids) for prompt in prompts]

        def ask(model: Asked, seen: Tensor, places: Sequence[int]) -> list[list[int]]:
            own = [prompts[place] for place in places]
            return model.continuations(own, seen, max_new_tokens, stop_tokens, progress)

        return self._answers(keys, lengths, ask)

    def log_probabilities(
        self,
        prompts: Sequence[Prompt],
        answers: Sequence[Sequence[int]],
        pictures: Tensor | None,
        progress: str,
    ) -> list[float]:
        """As `Asked`, about the pictures that were seen last."""
        keys = []
        lengths = []
        for prompt, answer in zip(prompts, answers, strict=True):
            keys.append(self._key(["likelihood"], prompt, answer))
            lengths.append(len(prompt.ids) + len(answer))

        def ask(model: Asked, seen: Tensor, places: Sequence[int]) -> list[float]:
            own = [prompts[place] for place in places]
            of_own = [answers[place] for place in places]
            return model.log_probabilities(own, of_own, seen, progress)

        return self._answers(keys, lengths, ask)

    def _key(self, common: Sequence[Any], prompt: Prompt, answer: Sequence[int]) -> bytes:
        picture = "" if prompt.picture is None else self._pictures[prompt.picture]
        numbers = (" ".join(map(str, part)) for part in (common, prompt.ids, answer))
        return content_key([*numbers, picture])

    def _answers(
        self,
        keys: Sequence[bytes],
        lengths: Sequence[int],
        ask: Callable[[Asked, Tensor, Sequence[int]], Sequence[Any]],
    ) -> list[Any]:
        """Return the answer of each key; those that are not known are asked for and kept."""
        known = self.column.get(keys)
        self.wanted += len(keys)
        unknown = []
        for batch in batches_by_length(lengths, self.batch_size):
            # whole: a batch without those that are known would be another batch
            if any(keys[place] not in known for place in batch):
                unknown.append(batch)
        made: dict[int, Any] = {}
        for start in range(0, len(unknown), BATCHES):
            # in the order of all: from these the model forms the same batches again
            places = sorted(itertools.chain.from_iterable(unknown[start : start + BATCHES]))
            answers = ask(*self._model(), places)
            own = dict(zip(places, answers, strict=True))
            self.column.put({keys[place]: [answer] for place, answer in own.items()})
            made |= own
        self.made += len(made)
        # what was known stays what it was
        return [known[key][0] if key in known else made[place] for place, key in enumerate(keys)]

    def _model(self) -> tuple[Asked, Tensor]:
        """Return who is asked, and what it sees in the pictures."""
        if self._asked is None:
            self._asked = self.open_model(len(self._files))
        if self._seen is None:
            self._seen = self._asked.see(self._files)
        return self._asked, self._seen
