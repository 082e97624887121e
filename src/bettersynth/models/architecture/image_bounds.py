"""The tokens `<im_start>` and `<im_end>` around a picture's own (`mm_use_im_start_end`).

Source: `initialize_vision_tokenizer` of LLaVA and MGM, for which rows there are and how they start.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bettersynth.errors import UserError
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.conversation import IMAGE_END, IMAGE_START
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.settings.training import Template

BOUNDS = (IMAGE_START, IMAGE_END)
# their embeddings' name in a stage-1 file, which holds the two rows alone or the whole table
BOUND_ROWS = "model.embed_tokens.weight"


def shows_bounds(config: MiniGeminiConfig, template: Template) -> bool:
    """Return whether texts have the tokens around `<image>`; `plain` has nothing but the picture,
    in the reference too.
    """
    return config.mm_use_im_start_end and template != "plain"


def add_bound_tokens(tokenizer: PreTrainedTokenizerBase) -> None:
    """Give the tokenizer both tokens, where it has not got them."""
    tokenizer.add_tokens(list(BOUNDS), special_tokens=True)


def add_image_bounds(model: MiniGemini, tokenizer: PreTrainedTokenizerBase, where: str) -> None:
    """Give tokenizer and model, of the folder `where`, the two tokens, in place.

    They are the last two rows of both tables, a new one the mean of the rows before. The tables get
    as many rows as the tokenizer has tokens, so that rows without a token go.

    Raises:
        UserError: the tokenizer has one of them already, and not as its last.
    """
    known = len(tokenizer)
    add_bound_tokens(tokenizer)
    total = len(tokenizer)
    if tokenizer.convert_tokens_to_ids(list(BOUNDS)) != [total - 2, total - 1]:
        raise UserError(
            f"the tokenizer of {where} has {' or '.join(BOUNDS)} among its other tokens; with "
            "model.mm_use_im_start_end they must be new, or its last two"
        )
    decoder = model.language_model
    # new rows are drawn before they are overwritten: the caller's random numbers stay
    with torch.random.fork_rng(devices=[]):
        decoder.resize_token_embeddings(total, mean_resizing=False)
    new = total - known
    for table in (decoder.get_input_embeddings(), decoder.get_output_embeddings()):
        # tied tables are one: the second time changes nothing
        if new:
            rows = table.weight.data
            rows[-new:] = rows[:-new].mean(dim=0, keepdim=True)
    settings = {**model.architecture.language_model, "vocab_size": total}
    model.architecture = dataclasses.replace(
        model.architecture, language_model=settings, mm_use_im_start_end=True
    )


def bound_rows(model: MiniGemini) -> Tensor:
    """Return the two tokens' rows `[2, hidden]` of the input embeddings."""
    return model.language_model.get_input_embeddings().weight.data[-len(BOUNDS) :]


def load_bound_rows(model: MiniGemini, table: Tensor | None, where: str) -> None:
    """Fill the two rows from the last of `table` `[n, hidden]`, which a stage-1 file holds.

    Raises:
        UserError: the file has them and the model has not, or the other way round, or another
            width.
    """
    if not model.architecture.mm_use_im_start_end:
        if table is not None:
            raise UserError(
                f"{where} was trained with {' and '.join(BOUNDS)} around pictures; set "
                "model.mm_use_im_start_end to true, or train stage 1 without them"
            )
        return
    if table is None:
        raise UserError(
            f"{where} was trained without {' and '.join(BOUNDS)} around pictures; set "
            "model.mm_use_im_start_end to false, or train stage 1 with them"
        )
    rows = bound_rows(model)
    if table.ndim != 2 or len(table) < len(BOUNDS) or table.shape[1] != rows.shape[1]:
        raise UserError(
            f"{where}: {BOUND_ROWS} has shape {list(table.shape)}, this model needs "
            f"{list(rows.shape)}"
        )
    rows.copy_(table[-len(BOUNDS) :])


def train_bounds_alone(model: MiniGemini) -> None:
    """Let the two rows of a frozen decoder be trained, as stage 1 does where they can be.

    Tied tables stay frozen, as the reference leaves them: their rows are the head's as well.
    """
    if not model.architecture.mm_use_im_start_end or model.config.tie_word_embeddings:
        return
    words = model.language_model.get_input_embeddings().weight
    words.requires_grad_(True)
    words.register_hook(_of_bounds_alone)


def _of_bounds_alone(gradient: Tensor) -> Tensor:
    """Return the gradient `[vocabulary, hidden]` with zeros for all other words."""
    kept = torch.zeros_like(gradient)
    kept[-len(BOUNDS) :] = gradient[-len(BOUNDS) :]
    return kept


def trains_bounds_alone(model: MiniGemini) -> bool:
    """Return whether of the decoder these two rows alone are trained."""
    decoder = model.language_model
    if not model.architecture.mm_use_im_start_end:
        return False
    layers = decoder.model.layers.parameters()
    words = decoder.get_input_embeddings().weight
    return bool(words.requires_grad) and not any(layer.requires_grad for layer in layers)
