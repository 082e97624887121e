"""How well a trained model foretells a caption: the mean cross entropy of its tokens.

A caption's loss is the same bits in any company: rows go through the decoder in blocks of one
fixed number of rows, and a row's length alone decides how far its block is filled up.

Letters in shapes: B captions, ROWS rows of a block, L positions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.reading import read_json
from bettersynth.errors import UserError
from bettersynth.models.answering.answer_tokens import Answer, split_answer
from bettersynth.models.answering.generation import Prompt, embed
from bettersynth.models.architecture.assembly import (
    load_language_model,
    require_fitting_tokenizer,
)
from bettersynth.models.architecture.checkpoint import load_stage_one
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.encoding import PieceTokens
from bettersynth.models.architecture.image_bounds import (
    add_bound_tokens,
    add_image_bounds,
    shows_bounds,
)
from bettersynth.models.architecture.image_pipeline import Aspect
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.splicing import IGNORE_INDEX
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.devices.attention import choose_attention
from bettersynth.models.devices.precision import cast_parameters, choose_precision
from bettersynth.models.weights.stage_one_file import stage_one_weights
from bettersynth.settings.training import Precision, Template

# rows of a block
ROWS = 16
# a block's length is a multiple of this many positions
LENGTH_STEP = 16

# image tokens [n, tokens, hidden] of the captions at these positions
ImageTokens = Callable[[Sequence[int]], Tensor]


def load_trained(
    folder: Path, language_model: str, precision: Precision
) -> tuple[MiniGemini, PreTrainedTokenizerBase]:
    """Return the model of a trained folder, frozen, and its tokenizer.

    A folder of stage 1 holds projector and mining alone; its decoder is `language_model`.

    Raises:
        UserError: there is no trained model, or its parts do not fit each other.
    """
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder} holds no trained model: there is no config.json")
    number_type = choose_precision(precision)
    attention = choose_attention("auto", number_type)
    stage_one = stage_one_weights(folder)
    if stage_one is None:
        config = read_json(folder / "config.json")
        towers = (config.get("mm_vision_tower"), config.get("mm_vision_tower_aux"))
        model = MiniGemini.from_upstream(folder, *towers, attn_implementation=attention)
        tokenizer = load_tokenizer(folder)
        if model.architecture.mm_use_im_start_end:
            add_bound_tokens(tokenizer)
    else:
        config = MiniGeminiConfig.from_folder(folder)
        model = _untrained(config, language_model, attention)
        load_language_model(model, language_model)
        tokenizer = load_tokenizer(language_model)
        if config.mm_use_im_start_end:
            add_image_bounds(model, tokenizer, language_model)
        load_stage_one(model, stage_one)
        require_fitting_tokenizer(tokenizer, model.config.vocab_size, language_model)
    if torch.cuda.is_available():
        model.to("cuda")
    # frozen first: only frozen parameters are cast
    cast_parameters(model.requires_grad_(False), getattr(torch, number_type))
    return model.eval(), tokenizer


def _untrained(config: MiniGeminiConfig, language_model: str, attention: str) -> MiniGemini:
    """Return a model of `config`, with the weights of its towers alone.

    Its decoder has the tokens of the folder `language_model`, none around pictures.
    """
    if config.mm_use_im_start_end:
        plain = MiniGeminiConfig.from_folder(
            language_model,
            mm_hidden_size=config.mm_hidden_size,
            mm_hidden_size_aux=config.mm_hidden_size_aux,
        )
        config = dataclasses.replace(
            config, language_model=plain.language_model, mm_use_im_start_end=False
        )
    tower = None
    if config.mm_vision_tower:
        tower = VisionTower.from_folder(config.mm_vision_tower, config.mm_vision_select_layer)
    tower_aux = None
    if config.mm_vision_tower_aux:
        tower_aux = VisionTowerAux.from_folder(config.mm_vision_tower_aux)
    return MiniGemini(config, tower, tower_aux, attention)


class CaptionLoss:
    """A trained model, and what it is asked: the words around a caption, the shape of a picture.

    All are best those of its training: `plain` has no question.
    """

    def __init__(
        self,
        model: MiniGemini,
        tokenizer: PreTrainedTokenizerBase,
        template: Template,
        question: str,
        aspect: Aspect,
    ) -> None:
        self.model = model
        self.aspect = aspect
        self.template = template
        self.question = question
        image_bounds = shows_bounds(model.architecture, template)
        self.pieces = PieceTokens(tokenizer, image_bounds=image_bounds)

    @torch.inference_mode()
    def losses(
        self, captions: Sequence[str], image_tokens: ImageTokens | None = None
    ) -> list[float]:
        """Return the loss of each caption in nats a token, 0 or more; the end of the turn counts.

        Each stands before the picture that `image_tokens` gives for it, else alone.
        """
        # every row of a block shows the picture of its own rank
        picture = 0 if image_tokens is not None else None
        rows = []
        for caption in captions:
            answer = Answer(self.question, picture, caption)
            rows.append(split_answer(answer, self.template, self.pieces))
        lengths = [len(prompt.ids) + len(ids) for prompt, ids in rows]
        losses = [0.0] * len(captions)
        for positions in _blocks(lengths):
            pictures = image_tokens(positions) if image_tokens is not None else None
            block = self._losses_of_block([rows[position] for position in positions], pictures)
            for position, loss in zip(positions, block, strict=True):
                losses[position] = loss
        return losses

    def _losses_of_block(
        self, rows: Sequence[tuple[Prompt, list[int]]], pictures: Tensor | None
    ) -> list[float]:
        """Return the losses of at most ROWS rows, whose `pictures` are `[B, tokens, hidden]`."""
        whole = []
        labels = []
        for rank, (prompt, ids) in enumerate(rows):
            shown = None if pictures is None else rank
            whole.append(Prompt([*prompt.ids, *ids], shown))
            labels.append([IGNORE_INDEX] * len(prompt.ids) + ids)
        embeds, _, targets = embed(self.model, whole, pictures, labels, "right")
        # a picture is one token in `whole` and many in `embeds`
        added = 0 if pictures is None else pictures.shape[1] - 1
        length = _filled_length(len(whole[0].ids)) + added
        # [ROWS, L, hidden]: zeros behind each row, which no position of it can see
        behind = length - embeds.shape[1]
        filled = F.pad(embeds, (0, 0, 0, behind, 0, ROWS - len(rows)))
        hidden = self.model.language_model.model(
            inputs_embeds=filled, use_cache=False
        ).last_hidden_state
        return [self._loss_of_row(hidden[rank], targets[rank]) for rank in range(len(rows))]

    def _loss_of_row(self, hidden: Tensor, targets: Tensor) -> float:
        """Return the mean cross entropy of targets `[T]` other than -100, T <= L.

        `hidden` is `[L, hidden]`.
        """
        # at the position before each target
        asked = targets[1:] != IGNORE_INDEX
        chosen = hidden[: len(asked)][asked]  # [asked tokens, hidden]
        # row by row: 256,000 logits for each of a block's positions would fill the memory
        logits = self.model.language_model.lm_head(chosen).float()
        losses = F.cross_entropy(logits, targets[1:][asked], reduction="none")
        return float(losses.double().mean())


def _blocks(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield positions in blocks of at most ROWS that are filled up to the same length."""
    by_length: dict[int, list[int]] = {}
    for position, length in enumerate(lengths):
        by_length.setdefault(_filled_length(length), []).append(position)
    for _, positions in sorted(by_length.items()):
        for start in range(0, len(positions), ROWS):
            yield positions[start : start + ROWS]


def _filled_length(length: int) -> int:
    """Return the length that rows of `length` tokens are filled up to."""
    return -(-length // LENGTH_STEP) * LENGTH_STEP
