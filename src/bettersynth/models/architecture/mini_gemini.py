"""Mini-Gemini: two towers, patch info mining, a projector, and a decoder that reads image tokens among its words.

Build one of an upstream-format folder with `MiniGemini.from_upstream(folder, vision_tower=..., vision_tower_aux=...)`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedConfig

from bettersynth.errors import UserError
from bettersynth.models.architecture.configuration import LANGUAGE_MODELS, MiniGeminiConfig
from bettersynth.models.architecture.packing import block_mask, pack
from bettersynth.models.architecture.patch_info_mining import PatchInfoMining
from bettersynth.models.architecture.projector import build_projector
from bettersynth.models.architecture.splicing import IGNORE_INDEX, SplicePlan, plan_splice
from bettersynth.models.architecture.upstream_names import TOWERS, own_name, upstream_name
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.weights.reading import load_into, read_weights


@dataclasses.dataclass
class MiniGeminiOutput:
    """`logits` are `[B, L, vocabulary]` over spliced positions, or None where only supervised rows went through the head."""

    loss: Tensor | None
    logits: Tensor | None
    labels: Tensor | None
    attention_mask: Tensor

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class MiniGemini(nn.Module):
    """The whole model. The towers may be absent: `forward` then takes their cached features in the place of pixels."""

    def __init__(
        self,
        config: MiniGeminiConfig,
        vision_tower: VisionTower | None = None,
        vision_tower_aux: VisionTowerAux | None = None,
        attn_implementation: str = "sdpa",
    ) -> None:
        super().__init__()
        self.architecture = config
        self.packing = (
            False  # while training, put a batch's conversations into as few rows as they fit
        )
        decoder_config = config.language_model_config()
        # gemma-2b-it's config.json says bfloat16, in which AdamW's small steps would be lost: what is trained is float32 here
        self.language_model = LANGUAGE_MODELS[config.model_type][1]._from_config(
            decoder_config, attn_implementation=attn_implementation, dtype=torch.get_default_dtype()
        )
        self.hidden_size: int = decoder_config.hidden_size
        self.image_scale = (
            math.sqrt(self.hidden_size) if config.is_gemma else 1.0
        )  # transformers 5 scales words only; the reference all
        self.vision_tower = vision_tower
        self.vision_tower_aux = vision_tower_aux
        for tower, width, name in (
            (vision_tower, vision_tower and vision_tower.config.hidden_size, "mm_hidden_size"),
            (
                vision_tower_aux,
                vision_tower_aux and sum(vision_tower_aux.widths),
                "mm_hidden_size_aux",
            ),
        ):
            if tower is not None and width != getattr(config, name):
                raise UserError(
                    f"config.json says {name} {getattr(config, name)}, but the tower's features are {width} wide"
                )
        self.mining = PatchInfoMining(config.mm_hidden_size, config.mm_hidden_size_aux)
        self.mm_projector = build_projector(
            config.mm_projector_type, config.mm_hidden_size, self.hidden_size
        )
        for tower in (vision_tower, vision_tower_aux):
            if tower is not None:
                tower.requires_grad_(False)

    @classmethod
    def from_upstream(
        cls,
        folder: str | Path,
        vision_tower: str | Path | None = None,
        vision_tower_aux: str | Path | None = None,
        *,
        attn_implementation: str = "sdpa",
        drop_path: float = 0.0,
        **config_changes: Any,
    ) -> MiniGemini:
        """Build the model of an upstream-format folder: `config.json`, weights under upstream's names, and two tower folders.

        Weights are safetensors or pickled tensors, one file or shards. Tower weights that the state dict itself holds win over those of
        the tower folders. Without tower folders the model takes cached features. `config_changes` replace settings of `config.json`.

        Raises:
            UserError: missing files or settings, truncated files, or tensors that do not fit.
        """
        config = MiniGeminiConfig.from_folder(folder, **config_changes)
        tower = (
            VisionTower.from_folder(vision_tower, config.mm_vision_select_layer)
            if vision_tower
            else None
        )
        aux = VisionTowerAux.from_folder(vision_tower_aux, drop_path) if vision_tower_aux else None
        model = cls(config, tower, aux, attn_implementation)
        model.load_upstream(folder)
        return model.eval()

    def load_upstream(self, place: str | Path) -> None:
        """Fill the model from a file or folder under upstream's names. Towers may be absent from it: then the model's own stay.

        Raises:
            UserError: a tensor is missing, unknown or of another shape.
        """
        weights = {own_name(name): value for name, value in read_weights(place).items()}
        weights = {
            name: value
            for name, value in weights.items()
            if not re.search(r"(embeddings\.position_ids|rotary_emb\.inv_freq)$", name)
        }
        for prefix, tower in zip(TOWERS, (self.vision_tower, self.vision_tower_aux), strict=True):
            if tower is None:
                weights = {
                    name: value for name, value in weights.items() if not name.startswith(prefix)
                }
        optional = tuple(name for name in self.state_dict() if name.startswith(TOWERS))
        if self.language_model.config.tie_word_embeddings:
            optional += ("language_model.lm_head.weight",)
            weights.pop("language_model.lm_head.weight", None)
        load_into(self, weights, str(place), optional, upstream_name)
        self.language_model.tie_weights()

    # image side ---------------------------------------------------------------------------------------------------------------------

    def tower_features(self, images: Tensor, images_aux: Tensor) -> tuple[Tensor, Tensor]:
        """Return `low_res` `[N * tiles, P*P, C]` (all tiles of all images, then all globals) and `high_res` `[N, S, S, A]`.

        `images` is `[N, 3, H, W]`, or `[N, tiles, 3, H, W]` with a grid, the global view last; `images_aux` `[N, 3, H', W']`.
        """
        if self.vision_tower is None or self.vision_tower_aux is None:
            raise UserError(
                "this model was built without towers; give it low_res and high_res features, or the two tower folders"
            )
        if images.ndim == 5:
            tiles = self.architecture.image_grid**2
            globals_ = [images[:, tiles]] if self.architecture.image_global else []
            images = torch.cat([images[:, :tiles].flatten(0, 1), *globals_])
        return self.vision_tower(images), self.vision_tower_aux(images_aux)

    def fuse(self, low_res: Tensor, high_res: Tensor) -> Tensor:
        """Return `[N, tokens, C]`: low-resolution tokens plus what they mine; with a grid `[global, tile 0, tile 1, ...]` in a row."""
        dtype = self.mining.val[1].weight.dtype
        low_res, high_res = low_res.to(dtype), high_res.to(dtype)
        images, grid = high_res.shape[0], self.architecture.image_grid
        if grid == 1 and not self.architecture.image_global:
            return low_res + self.mining(low_res, high_res)
        side, width = high_res.shape[1] // grid, high_res.shape[-1]
        tiles = (
            high_res.reshape(images, grid, side, grid, side, width)
            .transpose(2, 3)
            .reshape(images * grid * grid, side, side, width)
        )
        tile_tokens = low_res[: len(tiles)]
        fused = (tile_tokens + self.mining(tile_tokens, tiles)).reshape(
            images, -1, low_res.shape[-1]
        )
        if not self.architecture.image_global:
            return fused
        whole = F.interpolate(
            high_res.permute(0, 3, 1, 2).float(),
            scale_factor=1 / grid,
            mode="bilinear",
            align_corners=False,
        )
        global_tokens = low_res[len(tiles) :]
        mined = self.mining(global_tokens, whole.to(dtype).permute(0, 2, 3, 1))
        return torch.cat([global_tokens + mined, fused], dim=1)

    def image_tokens(self, low_res: Tensor, high_res: Tensor) -> Tensor:
        """Return image tokens `[N, tokens, hidden]` in the scale that `inputs_embeds` needs."""
        return self.mm_projector(self.fuse(low_res, high_res)) * self.image_scale

    # language side ------------------------------------------------------------------------------------------------------------------

    def splice(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        image_tokens: Tensor | None = None,
        padding_side: str | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return embeddings `[B, L, hidden]`, mask (bool) and labels `[B, L]` with image tokens in the place of -200."""
        plan, rows = self._plan(input_ids, attention_mask, labels, image_tokens, padding_side)
        return F.embedding(plan.source, rows), plan.attention_mask, plan.labels

    def _plan(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        labels: Tensor | None,
        image_tokens: Tensor | None,
        padding_side: str | None = None,
    ) -> tuple[SplicePlan, Tensor]:
        """Return where each spliced position comes from, and the embeddings `[n, hidden]` it points into; the last is zeros."""
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        labels = torch.full_like(input_ids, IGNORE_INDEX) if labels is None else labels
        words = self.language_model.get_input_embeddings()(input_ids.clamp(min=0))
        if image_tokens is None:
            image_tokens = words.new_zeros(int(words.shape[0]), 0, self.hidden_size)
        plan = plan_splice(
            input_ids, mask, labels, image_tokens.shape[0], image_tokens.shape[1],
            self.architecture.tokenizer_model_max_length, padding_side or self.architecture.tokenizer_padding_side,
        )  # fmt: skip
        rows = torch.cat(
            [
                words.flatten(0, 1),
                image_tokens.to(words.dtype).flatten(0, 1),
                words.new_zeros(1, self.hidden_size),
            ]
        )
        return plan, rows

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        images: Tensor | None = None,
        images_aux: Tensor | None = None,
        low_res: Tensor | None = None,
        high_res: Tensor | None = None,
        position_ids: Tensor | None = None,
        all_logits: bool | None = None,
    ) -> MiniGeminiOutput:
        """Return loss and logits of ids `[B, T]` (-200 for `<image>`) with pixels, or with cached features, or without any image.

        The loss is the mean cross entropy of the next token over labels other than -100, in float32. With labels, only the supervised
        positions go through the language-model head while training (the same loss); `all_logits` asks for all or few explicitly.
        """
        if images is not None and images_aux is not None:
            low_res, high_res = self.tower_features(images, images_aux)
        tokens = (
            self.image_tokens(low_res, high_res)
            if low_res is not None and high_res is not None
            else None
        )
        plan, rows = self._plan(input_ids, attention_mask, labels, tokens)
        if self.packing and self.training and labels is not None:
            packed = pack(plan, len(rows) - 1)
            source, spliced_labels, position_ids, mask = (
                packed.source,
                packed.labels,
                packed.position_ids,
                packed.owner >= 0,
            )
            decoder_mask = self._additive(
                block_mask(packed.owner, getattr(self.config, "sliding_window", None))
            )
        else:
            source, spliced_labels, mask = plan.source, plan.labels, plan.attention_mask
            decoder_mask = self._decoder_mask(mask)
        hidden = self.language_model.model(
            inputs_embeds=F.embedding(source, rows),
            attention_mask=decoder_mask,
            position_ids=position_ids,
            use_cache=False,
        ).last_hidden_state
        head = self.language_model.lm_head
        everything = all_logits if all_logits is not None else (labels is None or not self.training)
        logits = head(hidden) if everything else None
        if labels is None:
            return MiniGeminiOutput(None, logits, None, mask)
        taught = spliced_labels[:, 1:] != IGNORE_INDEX
        chosen = head(hidden[:, :-1][taught]) if logits is None else logits[:, :-1][taught]
        targets = spliced_labels[:, 1:][taught]
        loss = (
            F.cross_entropy(chosen.float(), targets) if len(targets) else hidden.sum().float() * 0.0
        )
        return MiniGeminiOutput(loss, logits, spliced_labels, mask)

    def _decoder_mask(self, mask: Tensor) -> Tensor:
        """Return `mask` as the decoder takes it. With padding on the left, padding sees nothing before it: transformers 5 and the
        reference fill those rows differently (nobody reads them), so the reference's additive mask is built here.
        """
        if mask[:, 0].all() or self.language_model.config._attn_implementation not in (
            "sdpa",
            "eager",
        ):
            return mask
        causal = torch.ones(
            mask.shape[1], mask.shape[1], dtype=torch.bool, device=mask.device
        ).tril()
        return self._additive((causal & mask[:, None, :])[:, None])

    def _additive(self, visible: Tensor) -> Tensor:
        """Return 0 where `visible` `[B, 1, L, L]`, else the lowest number of the decoder's type."""
        dtype = self.language_model.dtype
        return torch.zeros(visible.shape, dtype=dtype, device=visible.device).masked_fill(
            ~visible, torch.finfo(dtype).min
        )

    @property
    def config(self) -> PreTrainedConfig:
        """The decoder's config in transformers' form (the whole model's is `architecture`): Trainer and DeepSpeed look here."""
        return self.language_model.config

    @property
    def device(self) -> torch.device:
        return self.language_model.device
