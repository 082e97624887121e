"""CLIP's two towers from a folder of transformers' format, for scoring alone.

transformers' own class gives the same numbers (a test compares them), but loading it costs more
than scoring 2,000 samples with a small model, and half of the memory; even its configuration class
costs a second. Other architectures go through transformers.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bettersynth.data.files.reading import read_object
from bettersynth.errors import UserError
from bettersynth.measuring.models.clip_tokenizer import ClipTokenizer
from bettersynth.models.weights.identity import file_of_model
from bettersynth.models.weights.reading import read_weights

TEXT_BATCH = 16
# What a configuration need not say: ViT-B/32's values.
BOTH = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "num_hidden_layers": 12}
TEXT = {**BOTH, "num_attention_heads": 8, "max_position_embeddings": 77, "eos_token_id": 49407}
VISION = {**BOTH, "num_attention_heads": 12, "patch_size": 32}


class ClipModel:
    """Weights in one float type, on the GPU if there is one."""

    def __init__(
        self,
        name: str,
        state: dict[str, Tensor],
        config: dict[str, Any],
        precision: str = "float32",
    ):
        self.dtype: torch.dtype = getattr(torch, precision)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.state: dict[str, Tensor] = {}
        for key, tensor in state.items():
            # old files also hold position ids
            if tensor.is_floating_point():
                self.state[key] = tensor.to(self.device, self.dtype)
        self.text_config = _tower(config, "text", TEXT)
        self.vision_config = _tower(config, "vision", VISION)
        # one number: no precision is worth rounding it
        self.scale = float(state["logit_scale"].float().to(self.device).exp())
        self.name = name

    @classmethod
    def load(cls, name: str, precision: str = "float32") -> ClipModel | None:
        """Return the model of a folder or hub id, None for another architecture than CLIP.

        It computes in `precision`, a float type of torch.

        Raises:
            OSError: it is neither on this disk nor can it be fetched.
        """
        config = read_object(file_of_model(name, "config.json"))
        if config.get("model_type") != "clip":
            return None
        state = read_weights(file_of_model(name, "model.safetensors", "pytorch_model.bin"))
        if "logit_scale" not in state:
            raise UserError(
                f"{Path(name).name} holds no whole CLIP: there is no logit_scale among its weights"
            )
        return cls(name, state, config, precision)

    @functools.cached_property
    def tokenizer(self) -> ClipTokenizer:
        """The tokenizer of the model's folder, read when the first text comes."""
        return ClipTokenizer(self.name, int(self.text_config.max_position_embeddings))

    @torch.inference_mode()
    def images(self, pixels: Tensor) -> Tensor:
        """Return unit rows float32 `[n, projection]` of pictures `[n, 3, height, width]`."""
        config = self.vision_config
        pixels = pixels.to(self.device, self.dtype)
        kernel = self.state["vision_model.embeddings.patch_embedding.weight"]
        patches = functional.conv2d(pixels, kernel, stride=config.patch_size)
        patches = patches.flatten(2).transpose(1, 2)  # [n, patches, hidden]
        # [n, 1, hidden]
        start = self.state["vision_model.embeddings.class_embedding"].expand(len(pixels), 1, -1)
        positions = self.state["vision_model.embeddings.position_embedding.weight"]
        hidden = torch.cat([start, patches], dim=1) + positions  # [n, 1 + patches, hidden]
        # spelled so in the files
        hidden = self._norm(hidden, "vision_model.pre_layrnorm", config)
        hidden = self._layers(hidden, "vision_model", config, causal=False)
        pooled = self._norm(hidden[:, 0], "vision_model.post_layernorm", config)
        projected = pooled @ self.state["visual_projection.weight"].T
        return functional.normalize(projected.float(), dim=-1)

    def texts(self, texts: Sequence[str]) -> Tensor:
        """Return unit rows float32 `[texts, projection]`, in the order of `texts`: one or more."""
        ids = self.tokenizer(texts)
        # texts of like length go together, so that little is filled up
        order = np.argsort([len(row) for row in ids], kind="stable")
        batches = []
        for start in range(0, len(order), TEXT_BATCH):
            rows = [ids[place] for place in order[start : start + TEXT_BATCH]]
            longest = len(rows[-1])
            filled = [row + [0] * (longest - len(row)) for row in rows]
            batches.append(self.encoded(torch.tensor(filled)))
        back = torch.from_numpy(np.argsort(order)).to(self.device)
        return torch.cat(batches)[back]

    @torch.inference_mode()
    def encoded(self, ids: Tensor) -> Tensor:
        """Return unit rows float32 `[n, projection]` of ids `[n, tokens]`, filled on the right.

        Each token sees what is before it alone, so that what fills the rows up cannot reach the
        end mark that is read.
        """
        config = self.text_config
        ids = ids.to(self.device)
        words = self.state["text_model.embeddings.token_embedding.weight"]
        positions = self.state["text_model.embeddings.position_embedding.weight"]
        hidden = functional.embedding(ids, words) + positions[: ids.shape[1]]
        hidden = self._layers(hidden, "text_model", config, causal=True)
        hidden = self._norm(hidden, "text_model.final_layer_norm", config)
        if config.eos_token_id == 2:
            # old configurations name 2 as end mark, which it is not: theirs is the largest id
            end = ids.argmax(dim=-1)
        else:
            end = (ids == config.eos_token_id).int().argmax(dim=-1)
        pooled = hidden[torch.arange(len(ids), device=self.device), end]
        projected = pooled @ self.state["text_projection.weight"].T
        return functional.normalize(projected.float(), dim=-1)

    def _linear(self, hidden: Tensor, name: str) -> Tensor:
        weight = self.state[f"{name}.weight"]
        bias = self.state[f"{name}.bias"]
        return functional.linear(hidden, weight, bias)

    def _norm(self, hidden: Tensor, name: str, config: Any) -> Tensor:
        weight = self.state[f"{name}.weight"]
        bias = self.state[f"{name}.bias"]
        return functional.layer_norm(hidden, weight.shape, weight, bias, config.layer_norm_eps)

    def _layers(self, hidden: Tensor, tower: str, config: Any, causal: bool) -> Tensor:
        """Return `[n, tokens, hidden]` after all layers of a tower.

        Attention and two linear maps, each behind its norm and beside a bypass.
        """
        if config.hidden_act not in ("quick_gelu", "gelu"):
            raise UserError(
                f"CLIP with the activation {config.hidden_act} is not known here; "
                "allowed: quick_gelu, gelu"
            )
        for number in range(config.num_hidden_layers):
            layer = f"{tower}.encoder.layers.{number}"
            inner = self._norm(hidden, f"{layer}.layer_norm1", config)
            hidden = hidden + self._attention(inner, f"{layer}.self_attn", config, causal)
            inner = self._norm(hidden, f"{layer}.layer_norm2", config)
            inner = self._linear(inner, f"{layer}.mlp.fc1")
            if config.hidden_act == "quick_gelu":
                # OpenAI's weights were trained with this approximation of GELU
                inner = inner * torch.sigmoid(1.702 * inner)
            else:
                inner = functional.gelu(inner)
            hidden = hidden + self._linear(inner, f"{layer}.mlp.fc2")
        return hidden

    def _attention(self, inner: Tensor, layer: str, config: Any, causal: bool) -> Tensor:
        """Return `[n, tokens, hidden]`: what each token takes from the others."""
        query = self._heads(self._linear(inner, f"{layer}.q_proj"), config)
        key = self._heads(self._linear(inner, f"{layer}.k_proj"), config)
        value = self._heads(self._linear(inner, f"{layer}.v_proj"), config)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
        # [n, heads, tokens, width] -> [n, tokens, hidden]
        joined = mixed.transpose(1, 2).flatten(2)
        return self._linear(joined, f"{layer}.out_proj")

    def _heads(self, projected: Tensor, config: Any) -> Tensor:
        """Return `[n, heads, tokens, width]` of `[n, tokens, hidden]`."""
        return projected.unflatten(-1, (config.num_attention_heads, -1)).transpose(1, 2)


def _tower(config: dict[str, Any], kind: str, defaults: dict[str, Any]) -> SimpleNamespace:
    """Return the settings of one tower, `defaults` where they are left out.

    `KIND_config_dict`, which old files hold beside `KIND_config`, goes before it, and with it the
    defaults of what it leaves out, as in transformers.
    """
    settings = {**defaults, **(config.get(f"{kind}_config") or {})}
    old = config.get(f"{kind}_config_dict")
    if old is not None:
        settings |= {**defaults, **old}
    return SimpleNamespace(**settings)
