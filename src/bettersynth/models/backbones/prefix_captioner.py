"""Nano's captioner: a small recurrent language model that starts from a projected image prefix.

It knows only the words of the reference split. On drawings of concepts that split never named its captions are poor; the exchange
keeps one only where it is more similar to the picture than the original caption.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.lit_scorer import standardise
from bettersynth.models.backbones.lite0_towers import POOLED_CHANNELS, write_manifest
from bettersynth.models.devices.threads import one_thread
from bettersynth.models.weights.reading import read_weights

PAD, BEGIN, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<begin>", "<end>", "<unknown>")
WORD = re.compile(r"[\w]+(?:[’'\-][\w]+)*|[^\w\s]")
NO_SPACE_BEFORE = frozenset(".,:;!?)]}%”")
NO_SPACE_AFTER = frozenset("([{“")
BATCH = 64  # images in every decoding pass, filled up: the same work gives the same bits


def words_of(caption: str) -> list[str]:
    """Return lower-case words and punctuation marks."""
    return WORD.findall(caption.lower())


def text_of(words: Sequence[str]) -> str:
    """Return words as a line of text; punctuation closes up."""
    text = ""
    for word in words:
        glued = not text or word in NO_SPACE_BEFORE or text[-1] in NO_SPACE_AFTER
        text += word if glued else f" {word}"
    return text


def vocabulary_of(captions: Sequence[str], min_count: int) -> list[str]:
    """Return the special tokens, then every word that occurs `min_count` times or more, most frequent first."""
    counts: dict[str, int] = {}
    for caption in captions:
        for word in words_of(caption):
            counts[word] = counts.get(word, 0) + 1
    return [
        *SPECIAL,
        *sorted((w for w, n in counts.items() if n >= min_count), key=lambda w: (-counts[w], w)),
    ]


class CaptionModel(nn.Module):
    """A GRU whose first state and every input carry the projected picture; input and output words share their vectors."""

    def __init__(self, vocabulary: int, width: int, hidden: int, dropout: float):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width, padding_idx=PAD)
        nn.init.normal_(self.words.weight, std=width**-0.5)
        self.prefix = nn.Linear(POOLED_CHANNELS, hidden)
        self.context = nn.Linear(hidden, width)
        self.gru = nn.GRU(width, hidden, batch_first=True)
        self.out = nn.Linear(hidden, width)
        self.image_dropout, self.dropout = nn.Dropout(dropout), nn.Dropout(dropout / 2)

    def start(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the first state `[1, batch, hidden]` and the picture's input `[batch, 1, width]` of standardised features."""
        prefix = torch.tanh(self.prefix(self.image_dropout(features)))
        return prefix[None].contiguous(), self.context(prefix)[:, None]

    def step(self, ids: Tensor, state: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits `[batch, tokens, vocabulary]` of what follows each of `ids` `[batch, tokens]`, and the next state."""
        hidden, state = self.gru(self.dropout(self.words(ids)) + context, state)
        return self.out(self.dropout(hidden)) @ self.words.weight.T, state

    def forward(self, features: Tensor, ids: Tensor) -> Tensor:
        """Return logits for teacher-forced `ids`."""
        state, context = self.start(features)
        return self.step(ids, state, context)[0]


@dataclass(frozen=True)
class Sampling:
    """How candidates are drawn: the first is greedy, the others are sampled from the words that hold `top_p` of the probability."""

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
        self.config, self.vocabulary, self.model_hash = config, vocabulary, model_hash
        self.ids = {word: k for k, word in enumerate(vocabulary)}
        self.mean, self.deviation = tensors["mean"], tensors["deviation"]
        self.model = CaptionModel(len(vocabulary), config["width"], config["hidden"], 0.0)
        self.model.load_state_dict(
            {
                name.removeprefix("model."): t
                for name, t in tensors.items()
                if name.startswith("model.")
            }
        )
        self.model.eval().requires_grad_(False)

    @classmethod
    def load(cls, folder: str | Path) -> PrefixCaptioner:
        """Read a captioner.

        Raises:
            UserError: it is not there.
        """
        folder = Path(folder)
        try:
            config, vocabulary = (
                read_json(folder / "config.json"),
                read_json(folder / "vocabulary.json"),
            )
            tensors = read_weights(folder / "model.safetensors")
            model_hash = sha256_of_file(folder / "manifest.json")
        except FileNotFoundError as error:
            raise UserError(
                f"{error.filename or folder} does not exist; run `python -m bettersynth.steps.captioner`"
            ) from None
        return cls(tensors, config, vocabulary, model_hash)

    def encode(self, captions: Sequence[str]) -> Tensor:
        """Return int64 ids `[n, longest]` from begin to end, padded right."""
        rows = [
            [BEGIN, *(self.ids.get(word, UNKNOWN) for word in words_of(caption)), END]
            for caption in captions
        ]
        longest = max(map(len, rows))
        return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])

    def log_likelihood(self, pooled: np.ndarray, captions: Sequence[str]) -> np.ndarray:
        """Return float64 `[n]`: the mean log probability per token of each caption given its picture `[n, 1280]`."""
        ids = self.encode(captions)
        with one_thread(), torch.inference_mode():
            features = standardise(torch.from_numpy(pooled), self.mean, self.deviation)
            logits = self.model(features, ids[:, :-1]).log_softmax(-1)
        mask = ids[:, 1:] != PAD
        chosen = logits.gather(2, ids[:, 1:, None])[..., 0] * mask
        return (chosen.double().sum(1) / mask.sum(1)).numpy()

    def candidates(
        self, pooled: np.ndarray, keys: Sequence[str], sampling: Sampling, seed: int
    ) -> list[list[str]]:
        """Return `sampling.candidates` captions for each picture `[n, 1280]`; greedy first.

        `keys` (such as the picture's sha256) and `seed` decide the draws: neighbours and order do not.
        """
        made = [self.candidate(pooled, keys, sampling, seed, k) for k in range(sampling.candidates)]
        return [list(texts) for texts in zip(*made, strict=True)]

    def candidate(
        self, pooled: np.ndarray, keys: Sequence[str], sampling: Sampling, seed: int, number: int
    ) -> list[str]:
        """Return candidate `number` of each picture; 0 is the greedy one."""
        captions: list[str] = []
        with one_thread(), torch.inference_mode():
            for start in range(0, len(pooled), BATCH):
                part = pooled[start : start + BATCH]
                rows = torch.zeros(BATCH, POOLED_CHANNELS)
                rows[: len(part)] = torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32))
                captions += self._decode(rows, keys[start : start + BATCH], sampling, seed, number)
        return captions

    def _decode(
        self, rows: Tensor, keys: Sequence[str], sampling: Sampling, seed: int, candidate: int
    ) -> list[str]:
        """Return one caption for each key; `candidate` 0 is greedy."""
        draws = np.zeros((BATCH, sampling.max_words))
        for k, key in enumerate(keys):
            draws[k] = _draws(key, seed, candidate, sampling.max_words)
        state, context = self.model.start(standardise(rows, self.mean, self.deviation))
        ids = torch.full((BATCH, 1), BEGIN)
        words: list[list[str]] = [[] for _ in keys]
        ended = np.zeros(len(keys), dtype=bool)
        for position in range(sampling.max_words):
            logits, state = self.model.step(ids, state, context)
            scores = logits[:, 0].double().numpy()
            scores[:, [PAD, BEGIN, UNKNOWN]] = -np.inf
            if position == 0:
                scores[:, END] = -np.inf  # an empty caption is none
            chosen = (
                scores.argmax(1)
                if candidate == 0
                else _sample(scores, draws[:, position], sampling)
            )
            for k in np.flatnonzero(~ended):
                if chosen[k] == END:
                    ended[k] = True
                else:
                    words[k].append(self.vocabulary[chosen[k]])
            if ended.all():
                break
            ids = torch.from_numpy(chosen)[:, None]
        return [text_of(line) for line in words]


def _draws(key: str, seed: int, candidate: int, count: int) -> np.ndarray:
    digest = hashlib.sha256(f"{key} {seed} {candidate}".encode()).digest()
    return np.random.default_rng(list(digest)).random(count)


def _sample(scores: np.ndarray, draws: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Return one index a row: nucleus sampling of `softmax(scores / temperature)` by the uniform numbers `draws` `[batch]`."""
    scaled = scores / sampling.temperature
    odds = np.exp(scaled - scaled.max(1, keepdims=True))
    odds /= odds.sum(1, keepdims=True)
    order = np.argsort(-odds, axis=1, kind="stable")
    ranked = np.take_along_axis(odds, order, axis=1)
    total = ranked.cumsum(1)
    ranked[total - ranked >= sampling.top_p] = 0  # the word that reaches top_p stays
    total = ranked.cumsum(1)
    picked = (total < draws[:, None] * total[:, -1:]).sum(1)
    return np.take_along_axis(order, np.minimum(picked, (ranked > 0).sum(1) - 1)[:, None], axis=1)[
        :, 0
    ]


def save_captioner(
    folder: str | Path, tensors: dict[str, Tensor], config: dict[str, Any], vocabulary: list[str]
) -> None:
    """Write `model.safetensors`, `config.json`, `vocabulary.json` and `manifest.json` to `folder`."""
    folder = Path(folder)
    with complete_or_absent(folder / "model.safetensors") as temporary:
        save_file(
            {name: tensor.detach().contiguous() for name, tensor in sorted(tensors.items())},
            temporary,
        )
    with complete_or_absent(folder / "vocabulary.json") as temporary:
        temporary.write_text(
            json.dumps(vocabulary, ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
        )
    write_json(folder / "config.json", {"architecture": "prefix_captioner", **config})
    write_manifest(folder)
