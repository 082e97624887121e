"""Stage 1 trained on parts of the default's training set, and what its models find likely.

Letters in shapes: B rows of a batch, L positions, K * W * W as in influence_gradients.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from influence_asking import asked_rows
from influence_gradients import GradientProjection
from torch import Tensor
from torch.nn import functional as F

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.tables.mix import TRAIN
from bettersynth.errors import UserError
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.splicing import IGNORE_INDEX
from bettersynth.models.training.checkpoints import forget
from bettersynth.models.training.data import Collator, TrainingRows, all_image_names, read_rows
from bettersynth.models.training.image_sources import CachedFeatures, image_source
from bettersynth.models.training.pretrain_stage import start_model
from bettersynth.models.training.seeds import choice_seed
from bettersynth.models.training.stage import Stage
from bettersynth.models.training.trainer import train
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.pretrain import PretrainSettings
from bettersynth.settings.reading import read_settings

ASK_ROWS = 32


class Bench:
    """All that trainings of one process share: rows, pictures' features, settings.

    Raises:
        UserError: a stage was not run, or a picture has no cached features.
    """

    def __init__(self, params: dict[str, Any], visits: int, pairs: int) -> None:
        self.model = read_settings(ModelSettings, params.get("model"), "params.yaml: model")
        where = "params.yaml: pretrain"
        settings = read_settings(PretrainSettings, params.get("pretrain"), where)
        # every row once, and no checkpoint but the last: a training takes seconds
        self.settings = dataclasses.replace(settings, visits=None, save_steps=visits)
        self.visits = visits
        self.entries = read_rows(TRAIN)
        first: dict[str, dict[str, Any]] = {}
        for entry in self.entries:
            first.setdefault(entry["id"], entry)
        self.samples = [first[id] for id in sorted(first)]
        self.ids = sorted(first)
        self.asked, hashes = asked_rows(pairs)
        model, self.tokenizer = start_model(self.stage(0), self.settings, 0)
        pool = [row for row in [*self.samples, *self.asked.rows] if row["image"] not in hashes]
        source = image_source(model, all_image_names(pool), "square")
        if not isinstance(source, CachedFeatures):
            raise UserError("this model has towers; influence is measured on cached features")
        self.source = CachedFeatures(source.store, source.sha256 | hashes)
        self.source.require_all()

    def stage(self, seed: int) -> Stage:
        """Return stage 1 of a seed."""
        return Stage("pretrain", seed, self.settings, self.model, TRAIN, "square")

    def rows(self, entries: list[dict[str, Any]]) -> TrainingRows:
        """Return entries as tokens."""
        return TrainingRows(entries, self.tokenizer, self.settings.template, str(TRAIN))

    def collator(self) -> Collator:
        """Return what makes batches."""
        length = self.model.tokenizer_model_max_length
        return Collator(self.source, self.tokenizer.pad_token_id, length)

    def trained(self, ids: Sequence[str], seed: int, name: str) -> MiniGemini:
        """Return stage 1 trained on the samples `ids` alone, as often as `visits` say.

        They are visited in the order of the training set, pass after pass.

        Raises:
            UserError: the training set visits them less often.
        """
        wanted = set(ids)
        entries = [entry for entry in self.entries if entry["id"] in wanted][: self.visits]
        if len(entries) < self.visits:
            raise UserError(
                f"{TRAIN} visits these {len(wanted)} samples {len(entries)} times; "
                f"--visits {self.visits} is more"
            )
        model, _ = start_model(self.stage(seed), self.settings, 0)
        scratch = scratch_folder("influence", name)
        order_seed = choice_seed(seed, "order")
        train(model, self.rows(entries), self.collator(), self.settings, scratch, order_seed)
        forget(scratch)
        return model.eval()

    def batches(self, entries: list[dict[str, Any]]) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """Yield the places of at most `ASK_ROWS` entries of like length, and their batch."""
        rows = self.rows(entries)
        collator = self.collator()
        order = sorted(range(len(rows)), key=lambda place: (abs(rows.lengths[place]), place))
        for start in range(0, len(order), ASK_ROWS):
            places = order[start : start + ASK_ROWS]
            batch = collator([rows[place] for place in places])
            batch.pop("ids")
            yield places, batch

    def log_probabilities(self, model: MiniGemini, entries: list[dict[str, Any]]) -> np.ndarray:
        """Return the mean log-probability a token of each entry's answer, `[entries]`."""
        found = np.zeros(len(entries))
        with torch.inference_mode():
            for places, batch in self.batches(entries):
                found[places] = row_log_probabilities(model, batch).numpy()
        return found

    def gradients(
        self, model: MiniGemini, entries: list[dict[str, Any]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return `log_probabilities` and their gradients, float32 `[entries, K * W * W]`."""
        found = np.zeros(len(entries))
        projected = GradientProjection(model)
        parts: list[np.ndarray | None] = [None] * len(entries)
        for places, batch in self.batches(entries):
            with projected:
                values = row_log_probabilities(model, batch)
                gradients = projected.of(values.sum()).numpy()
            found[places] = values.detach().numpy()
            for place, gradient in zip(places, gradients, strict=True):
                parts[place] = gradient
        return found, np.stack([part for part in parts if part is not None])


def row_log_probabilities(model: MiniGemini, batch: dict[str, Any]) -> Tensor:
    """Return the mean log-probability a token of each row's answer, `[B]`."""
    output = model(**batch, all_logits=True)
    labels = output.labels[:, 1:]
    # [B, L - 1], 0 where nothing is learned
    losses = F.cross_entropy(
        output.logits[:, :-1].transpose(1, 2).float(),
        labels,
        ignore_index=IGNORE_INDEX,
        reduction="none",
    )
    return -losses.sum(1) / labels.ne(IGNORE_INDEX).sum(1)
