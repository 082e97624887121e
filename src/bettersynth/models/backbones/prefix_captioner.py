"""Nano's captioner: it begins with a picture and goes on word by word.

It knows only the words of the reference split. On drawings of concepts that split never named its
captions are poor; the exchange keeps one only where it is more similar to the picture than the
original caption.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json, read_object
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.caption_model import CaptionModel
from bettersynth.models.backbones.caption_words import (
    BEGIN,
    END,
    PAD,
    UNKNOWN,
    text_of,
    words_of,
)
from bettersynth.models.backbones.lit_heads import Standard, standardise
from bettersynth.models.backbones.lite0_shapes import POOLED_CHANNELS
from bettersynth.models.backbones.model_folder import (
    MANIFEST,
    require_as_written,
    save_tensors,
    tensors_under,
    write_manifest,
)
from bettersynth.models.devices.threads import one_thread
from bettersynth.models.weights.reading import read_weights

# images in every decoding pass, filled up: the same work gives the same bits
BATCH = 64


@dataclass(frozen=True)
class Sampling:
    """How candidates are drawn.

    The first is greedy, the others are sampled from the words that hold `top_p` of the probability.
    """

    candidates: int = 4
    temperature: float = 0.8
    top_p: float = 0.9
    max_words: int = 16


class PrefixCaptioner:
    """The trained captioner of a folder that `save_captioner` wrote."""

    def __init__(
        self,
        tensors: dict[str, Tensor],
        config: dict[str, Any],
        vocabulary: list[str],
        model_hash: str,
    ):
        self.config = config
        self.vocabulary = vocabulary
        self.model_hash = model_hash
        self.ids = {word: number for number, word in enumerate(vocabulary)}
        self.standard = Standard(tensors["mean"], tensors["deviation"])
        self.model = CaptionModel(len(vocabulary), config["width"], config["hidden"], dropout=0.0)
        self.model.load_state_dict(tensors_under("model.", tensors))
        self.model.eval().requires_grad_(False)

    @classmethod
    def load(cls, folder: str | Path) -> PrefixCaptioner:
        """Read a captioner.

        Raises:
            UserError: it is not there, or damaged.
        """
        folder = Path(folder)
        try:
            require_as_written(folder)
            config = read_object(folder / "config.json")
            vocabulary = read_json(folder / "vocabulary.json")
            tensors = read_weights(folder / "model.safetensors")
            model_hash = sha256_of_file(folder / MANIFEST)
        except FileNotFoundError as error:
            raise UserError(
                f"{error.filename or folder} does not exist; "
                "run `python -m bettersynth.steps.captioner`"
            ) from None
        return cls(tensors, config, vocabulary, model_hash)

    def tensors(self) -> dict[str, Tensor]:
        """Return what `save_captioner` writes."""
        weights = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        return weights | self.standard._asdict()

    def encode(self, captions: Sequence[str]) -> Tensor:
        """Return int64 ids `[captions, longest]`: begin, words, end, padding."""
        rows = []
        for caption in captions:
            words = [self.ids.get(word, UNKNOWN) for word in words_of(caption)]
            rows.append([BEGIN, *words, END])
        longest = max(map(len, rows))
        padded = [row + [PAD] * (longest - len(row)) for row in rows]
        return torch.tensor(padded)

    def log_likelihood(self, pooled: np.ndarray, captions: Sequence[str]) -> np.ndarray:
        """Return float64 `[n]`: the mean log probability per token of each caption.

        Each is given its picture, a row of `pooled` `[n, 1280]`.
        """
        ids = self.encode(captions)  # [n, tokens]
        with one_thread(), torch.inference_mode():
            features = standardise(torch.from_numpy(pooled), self.standard)
            logits = self.model(features, ids[:, :-1]).log_softmax(-1)
        mask = ids[:, 1:] != PAD
        of_words = logits.gather(2, ids[:, 1:, None])[..., 0]
        chosen = of_words * mask  # [n, tokens - 1]
        # the mean, not the sum: a long caption is not less likely for its length
        mean = chosen.double().sum(1) / mask.sum(1)
        return mean.numpy()

    def candidates(
        self, pooled: np.ndarray, keys: Sequence[str], sampling: Sampling, seed: int
    ) -> list[list[str]]:
        """Return `sampling.candidates` captions for each picture `[n, 1280]`; greedy first.

        `keys` (such as the picture's sha256) and `seed` decide the draws: neighbours and order
        do not.
        """
        by_candidate = []
        for number in range(sampling.candidates):
            by_candidate.append(self.candidate(pooled, keys, sampling, seed, number))
        return [list(captions) for captions in zip(*by_candidate, strict=True)]

    def candidate(
        self, pooled: np.ndarray, keys: Sequence[str], sampling: Sampling, seed: int, number: int
    ) -> list[str]:
        """Return candidate `number` of each picture `[n, 1280]`; 0 is the greedy one."""
        captions: list[str] = []
        with one_thread(), torch.inference_mode():
            for start in range(0, len(pooled), BATCH):
                batch = np.ascontiguousarray(pooled[start : start + BATCH], dtype=np.float32)
                features = torch.zeros(BATCH, POOLED_CHANNELS)
                features[: len(batch)] = torch.from_numpy(batch)
                batch_keys = keys[start : start + BATCH]
                captions += self._decode(features, batch_keys, sampling, seed, number)
        return captions

    def _decode(
        self, features: Tensor, keys: Sequence[str], sampling: Sampling, seed: int, candidate: int
    ) -> list[str]:
        """Return one caption for each key, of features `[BATCH, 1280]`; `candidate` 0 is greedy."""
        draws = np.zeros((BATCH, sampling.max_words))
        for row, key in enumerate(keys):
            # all draws of a caption at once: they do not depend on when its neighbours end
            draws[row] = _draws(key, seed, candidate, sampling.max_words)
        state, context = self.model.start(standardise(features, self.standard))
        ids = torch.full((BATCH, 1), BEGIN)
        words: list[list[str]] = [[] for _ in keys]
        ended = np.zeros(len(keys), dtype=bool)
        for position in range(sampling.max_words):
            logits, state = self.model.step(ids, state, context)
            scores = logits[:, 0].double().numpy()  # [BATCH, vocabulary]
            # none of them is a word of a caption
            scores[:, [PAD, BEGIN, UNKNOWN]] = -np.inf
            if position == 0:
                # an empty caption is none
                scores[:, END] = -np.inf
            if candidate == 0:
                chosen = scores.argmax(1)
            else:
                chosen = _sample(scores, draws[:, position], sampling)
            for row in np.flatnonzero(~ended):
                if chosen[row] == END:
                    ended[row] = True
                else:
                    words[row].append(self.vocabulary[chosen[row]])
            if ended.all():
                break
            ids = torch.from_numpy(chosen)[:, None]
        return [text_of(caption) for caption in words]


def _draws(key: str, seed: int, candidate: int, count: int) -> np.ndarray:
    """Return uniform numbers `[count]` that key, seed and candidate fix."""
    digest = hashlib.sha256(f"{key} {seed} {candidate}".encode()).digest()
    return np.random.default_rng(list(digest)).random(count)


def _sample(scores: np.ndarray, draws: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Return one index a row `[batch]`, of scores `[batch, words]` and uniform draws `[batch]`.

    This is nucleus sampling of `softmax(scores / temperature)`.
    """
    # in float64: the order of near-equal odds decides which word is drawn
    scaled = scores / sampling.temperature
    odds = np.exp(scaled - scaled.max(1, keepdims=True))
    odds /= odds.sum(1, keepdims=True)
    order = np.argsort(-odds, axis=1, kind="stable")
    ranked = np.take_along_axis(odds, order, axis=1)
    total = ranked.cumsum(1)
    # the word that reaches top_p stays
    ranked[total - ranked >= sampling.top_p] = 0
    total = ranked.cumsum(1)
    # what is left sums to less than 1: the draw is stretched to it
    drawn = draws[:, None] * total[:, -1:]
    rank = (total < drawn).sum(1)
    # rounding may leave a draw beyond the whole
    last = (ranked > 0).sum(1) - 1
    rank = np.minimum(rank, last)
    return np.take_along_axis(order, rank[:, None], axis=1)[:, 0]


def save_captioner(
    folder: str | Path, tensors: dict[str, Tensor], config: dict[str, Any], vocabulary: list[str]
) -> None:
    """Write a captioner's tensors, `config.json`, `vocabulary.json` and `manifest.json`."""
    folder = Path(folder)
    save_tensors(folder, tensors)
    # one word a line: a change of the vocabulary can be read in a diff
    lines = json.dumps(vocabulary, ensure_ascii=False, indent=0) + "\n"
    with complete_or_absent(folder / "vocabulary.json") as temporary:
        temporary.write_text(lines, encoding="utf-8")
    write_json(folder / "config.json", {"architecture": "prefix_captioner", **config})
    write_manifest(folder)
