"""The nano decoder, fed with rows whose pictures are sums of word embeddings.

Letters in shapes: B rows of T tokens.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from torch import Tensor

from bettersynth.errors import UserError
from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas
from bettersynth.models.pretrain_lm.rows import FIRST_SLOT, SLOTS, Row
from bettersynth.settings.nano_decoder import Shape

if TYPE_CHECKING:
    from transformers import GemmaForCausalLM

# query weights of a matching head over its key weights
MATCHING = 3


def new_decoder(shape: Shape, vocabulary: int, seed: int) -> GemmaForCausalLM:
    """Return a fresh decoder.

    Half of its heads start with W_q = 3 W_k, so that equal inputs attend to each other (measured to
    matter: docs/log.md).
    """
    declare_missing_schemas()
    from transformers import GemmaConfig, GemmaForCausalLM

    torch.manual_seed(seed)
    head_dim = shape.hidden_size // shape.heads
    config = GemmaConfig(
        vocab_size=vocabulary,
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=head_dim,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=2048,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
        initializer_range=0.05,
        tie_word_embeddings=True,
    )
    model = GemmaForCausalLM(config)
    # rows of q_proj are heads, one behind the other
    half = shape.heads // 2 * head_dim
    with torch.no_grad():
        for layer in model.model.layers:
            attention = layer.self_attn
            attention.q_proj.weight[:half] = MATCHING * attention.k_proj.weight[:half]
    return model


def started_decoder(folder: Path, shape: Shape) -> GemmaForCausalLM:
    """Return the decoder of a folder, in float32, to be trained on.

    Raises:
        UserError: no decoder there that can be read, or one of another shape.
    """
    declare_missing_schemas()
    from transformers import GemmaForCausalLM

    setting = "params.yaml: nano_decoder"
    try:
        model = GemmaForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).splitlines()[0][:200]
        raise UserError(f"{setting}.start: {folder} holds no decoder ({reason})") from None
    config = model.config
    found = Shape(
        config.hidden_size,
        config.num_hidden_layers,
        config.num_attention_heads,
        config.intermediate_size,
    )
    if found != shape:
        raise UserError(f"{setting}.shape is {shape}, but the decoder of {folder} has {found}")
    # as in the file of a new decoder, which names no type of numbers
    config.dtype = None
    return model


def embed_rows(
    model: GemmaForCausalLM, rows: list[Row], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return input embeddings `[B, T, hidden]` with the slots filled in, and padded ids `[B, T]`.

    All rows have a picture, or none has.
    """
    length = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    for position, row in enumerate(rows):
        ids[position, : len(row.ids)] = torch.tensor(row.ids)
    embed = model.get_input_embeddings()
    embedded = embed(ids)
    if not rows[0].slot_ids:
        return embedded, ids
    # the gradient reaches the embeddings of a picture's words too
    words = embed(torch.tensor([row.slot_ids for row in rows]))  # [B, 16, blend, hidden]
    weights = torch.tensor([row.slot_weights for row in rows])  # [B, 16, blend]
    slots = torch.einsum("bskh,bsk->bsh", words, weights)  # [B, 16, hidden]
    # Gemma scales its embeddings by the root of the width
    spread = embed.weight.detach().std() * model.config.hidden_size**0.5
    noise = torch.tensor([row.noise for row in rows])[:, None, None] * spread
    slots = slots + noise * torch.randn(slots.shape, generator=generator)
    before = embedded[:, :FIRST_SLOT]
    behind = embedded[:, FIRST_SLOT + SLOTS :]
    return torch.cat([before, slots, behind], dim=1), ids


def answer_logits(
    model: GemmaForCausalLM, rows: list[Row], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return logits `[answer tokens, vocabulary]`, their targets, and each one's row.

    Nothing is computed for other positions' logits.
    """
    embedded, ids = embed_rows(model, rows, generator)
    hidden = model.model(inputs_embeds=embedded, use_cache=False).last_hidden_state
    owners: list[int] = []
    places: list[int] = []
    for position, row in enumerate(rows):
        owners += [position] * len(row.answers)
        places += row.answers
    # both [answer tokens]
    owner = torch.tensor(owners)
    place = torch.tensor(places)
    # the position before a token predicts it
    return model.lm_head(hidden[owner, place - 1]), ids[owner, place], owner
