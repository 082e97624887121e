"""Mini-Gemini: two towers, patch info mining, a projector, and a decoder that reads image tokens.

Letters in shapes: N images, P x P low-resolution tokens of width C, an S x S map of width A,
B conversations of T ids, L positions after image tokens took the place of `<image>`.
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
from bettersynth.models.architecture.decoder_input import packed_input, plain_input
from bettersynth.models.architecture.image_fusion import fused_tokens
from bettersynth.models.architecture.loss import next_token_loss
from bettersynth.models.architecture.patch_info_mining import PatchInfoMining
from bettersynth.models.architecture.projector import build_projector
from bettersynth.models.architecture.splicing import IGNORE_INDEX, SplicePlan, plan_splice
from bettersynth.models.architecture.upstream_names import HEAD, TOWERS, own_name, upstream_name
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.weights.reading import load_into, read_weights

# buffers of older checkpoints that are computed anew
COMPUTED_BUFFER = re.compile(r"(embeddings\.position_ids|rotary_emb\.inv_freq)$")


@dataclasses.dataclass
class MiniGeminiOutput:
    """What `forward` returns.

    `logits` are `[B, L, vocabulary]` over spliced positions, or None where only supervised rows
    went through the head. `labels` and `attention_mask` are `[B, L]`.
    """

    loss: Tensor | None
    logits: Tensor | None
    labels: Tensor | None
    attention_mask: Tensor

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


class MiniGemini(nn.Module):
    """The whole model; without towers `forward` takes their cached features in pixels' place."""

    def __init__(
        self,
        config: MiniGeminiConfig,
        vision_tower: VisionTower | None = None,
        vision_tower_aux: VisionTowerAux | None = None,
        attn_implementation: str = "sdpa",
    ) -> None:
        super().__init__()
        self.architecture = config
        # while training, put a batch's conversations into as few rows as they fit
        self.packing = False
        decoder_config = config.language_model_config()
        decoder_class = LANGUAGE_MODELS[config.model_type][1]
        # not config.json's bfloat16, in which AdamW's small steps would be lost
        self.language_model = decoder_class._from_config(
            decoder_config, attn_implementation=attn_implementation, dtype=torch.get_default_dtype()
        )
        self.hidden_size: int = decoder_config.hidden_size
        # transformers 5 scales Gemma's words only; the reference scales image tokens too
        self.image_scale = math.sqrt(self.hidden_size) if config.is_gemma else 1.0
        self.vision_tower = vision_tower
        self.vision_tower_aux = vision_tower_aux
        self._check_tower_widths()
        kind, inner = config.mm_projector_type, config.mm_projector_width
        self.mining = PatchInfoMining(config.mm_hidden_size, config.mm_hidden_size_aux)
        self.mm_projector = build_projector(kind, config.mm_hidden_size, self.hidden_size, inner)
        for tower in (vision_tower, vision_tower_aux):
            if tower is not None:
                tower.requires_grad_(False)

    def _check_tower_widths(self) -> None:
        widths = {}
        if self.vision_tower is not None:
            widths["mm_hidden_size"] = self.vision_tower.config.hidden_size
        if self.vision_tower_aux is not None:
            widths["mm_hidden_size_aux"] = sum(self.vision_tower_aux.widths)
        for name, width in widths.items():
            configured = getattr(self.architecture, name)
            if width != configured:
                raise UserError(
                    f"config.json says {name} {configured}, but the tower's features are "
                    f"{width} wide"
                )

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
        """Build the model of an upstream-format folder, ready to answer.

        Tower weights that the folder holds itself win over those of the two tower folders; without
        tower folders the model takes cached features. `config_changes` replace settings of
        `config.json`.

        Raises:
            UserError: missing files or settings, truncated files, or tensors that do not fit.
        """
        config = MiniGeminiConfig.from_folder(folder, **config_changes)
        tower = None
        if vision_tower:
            tower = VisionTower.from_folder(vision_tower, config.mm_vision_select_layer)
        tower_aux = None
        if vision_tower_aux:
            tower_aux = VisionTowerAux.from_folder(vision_tower_aux, drop_path)
        model = cls(config, tower, tower_aux, attn_implementation)
        model.load_upstream(folder)
        return model.eval()

    def load_upstream(self, place: str | Path) -> None:
        """Fill the model from a file or folder under upstream's names.

        Towers may be absent from it: then the model's own stay.

        Raises:
            UserError: a tensor is missing, unknown or of another shape.
        """
        absent_towers: tuple[str, ...] = ()
        for prefix, tower in zip(TOWERS, (self.vision_tower, self.vision_tower_aux), strict=True):
            if tower is None:
                absent_towers += (prefix,)
        weights = {}
        for upstream, value in read_weights(place).items():
            name = own_name(upstream)
            if not COMPUTED_BUFFER.search(name) and not name.startswith(absent_towers):
                weights[name] = value
        optional = tuple(name for name in self.state_dict() if name.startswith(TOWERS))
        if self.language_model.config.tie_word_embeddings:
            optional += (HEAD,)
            weights.pop(HEAD, None)
        load_into(self, weights, str(place), optional, upstream_name)
        self.language_model.tie_weights()

    def tower_features(self, images: Tensor, images_aux: Tensor) -> tuple[Tensor, Tensor]:
        """Return the towers' features of pictures.

        `images` is `[N, 3, H, W]`, or `[N, tiles, 3, H, W]` with a grid, the global view last;
        `images_aux` is `[N, 3, H', W']`. The first result is `[N * tiles, P*P, C]`, all tiles of
        all images and then all global views; the second is `[N, S, S, A]`.
        """
        if self.vision_tower is None or self.vision_tower_aux is None:
            raise UserError(
                "this model was built without towers; give it low_res and high_res features, or "
                "the two tower folders"
            )
        if images.ndim == 5:
            tiles = self.architecture.image_grid**2
            views = [images[:, :tiles].flatten(0, 1)]  # [N * tiles, 3, H, W]
            if self.architecture.image_global:
                views.append(images[:, tiles])  # [N, 3, H, W]
            images = torch.cat(views)
        return self.vision_tower(images), self.vision_tower_aux(images_aux)

    def fuse(self, low_res: Tensor, high_res: Tensor) -> Tensor:
        """Return low-resolution tokens plus what they mine, `[N, tokens, C]`.

        `low_res` and `high_res` are shaped as `tower_features` returns them.
        """
        # cached features are float32, the model maybe bfloat16
        dtype = self.mining.val[1].weight.dtype
        return fused_tokens(
            self.mining,
            low_res.to(dtype),
            high_res.to(dtype),
            self.architecture.image_grid,
            self.architecture.image_global,
        )

    def image_tokens(self, low_res: Tensor, high_res: Tensor) -> Tensor:
        """Return image tokens `[N, tokens, hidden]` in the scale that `inputs_embeds` needs.

        `low_res` and `high_res` are shaped as `tower_features` returns them.
        """
        return self.mm_projector(self.fuse(low_res, high_res)) * self.image_scale

    def splice(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        image_tokens: Tensor | None = None,
        padding_side: str | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return embeddings `[B, L, hidden]`, mask (bool) and labels `[B, L]`.

        Ids, mask and labels come as `[B, T]`; image tokens `[N, tokens, hidden]` take the place of
        -200.
        """
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
        """Return where each spliced position comes from, and what it points into.

        The latter are embeddings `[n, hidden]`; the last of them is zeros.
        """
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        labels = torch.full_like(input_ids, IGNORE_INDEX) if labels is None else labels
        # -200 has no embedding; what stands in its place here is never read
        words = self.language_model.get_input_embeddings()(input_ids.clamp(min=0))
        if image_tokens is None:
            image_tokens = words.new_zeros(int(words.shape[0]), 0, self.hidden_size)
        plan = plan_splice(
            input_ids,
            mask,
            labels,
            image_tokens.shape[0],
            image_tokens.shape[1],
            self.architecture.tokenizer_model_max_length,
            padding_side or self.architecture.tokenizer_padding_side,
        )
        zeros = words.new_zeros(1, self.hidden_size)
        image_rows = image_tokens.to(words.dtype).flatten(0, 1)
        return plan, torch.cat([words.flatten(0, 1), image_rows, zeros])

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
        """Return loss and logits of ids `[B, T]` (-200 for `<image>`).

        Pictures come as pixels, as cached features, or not at all. With labels, only the supervised
        positions go through the language-model head while training (the same loss); `all_logits`
        asks for all or few explicitly.
        """
        if images is not None and images_aux is not None:
            low_res, high_res = self.tower_features(images, images_aux)
        tokens = None
        if low_res is not None and high_res is not None:
            tokens = self.image_tokens(low_res, high_res)
        plan, rows = self._plan(input_ids, attention_mask, labels, tokens)
        if self.packing and self.training and labels is not None:
            row_of_zeros = len(rows) - 1
            batch = packed_input(plan, row_of_zeros, self.config, self.language_model.dtype)
        else:
            batch = plain_input(plan, position_ids, self.config, self.language_model.dtype)
        hidden = self.language_model.model(
            inputs_embeds=F.embedding(batch.source, rows),
            attention_mask=batch.decoder_mask,
            position_ids=batch.position_ids,
            use_cache=False,
        ).last_hidden_state  # [R, L, hidden]
        if all_logits is None:
            all_logits = labels is None or not self.training
        head = self.language_model.lm_head
        logits = head(hidden) if all_logits else None
        if labels is None:
            return MiniGeminiOutput(None, logits, None, batch.mask)
        loss = next_token_loss(head, hidden, logits, batch.labels)
        return MiniGeminiOutput(loss, logits, batch.labels, batch.mask)

    @property
    def config(self) -> PreTrainedConfig:
        """The decoder's config in transformers' form, for Trainer and DeepSpeed.

        The whole model's is `architecture`.
        """
        return self.language_model.config

    @property
    def device(self) -> torch.device:
        """Where the decoder lies."""
        return self.language_model.device
