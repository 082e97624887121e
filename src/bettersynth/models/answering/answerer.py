"""A trained model that answers questions about pictures, and says how likely an answer is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_object
from bettersynth.data.pictures.decoding import BadImage, decode_image
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.models.answering.answer_tokens import Answer, split_answer
from bettersynth.models.answering.generation import Prompt, generate, log_probabilities
from bettersynth.models.architecture.assembly import (
    pixel_pipeline,
    require_fitting_tokenizer,
)
from bettersynth.models.architecture.conversation import ANSWER_END, prompt_text
from bettersynth.models.architecture.encoding import PieceTokens
from bettersynth.models.architecture.image_bounds import add_bound_tokens, shows_bounds
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.devices.attention import choose_attention
from bettersynth.models.devices.precision import cast_parameters, choose_precision
from bettersynth.settings.predict import PredictSettings


def trained_folder(seed: int) -> Path:
    """Return where the model of a training seed lies."""
    return Path(f"models/finetune/{seed}")


class Likelihood(NamedTuple):
    """How likely an answer is."""

    log_probability: float  # natural, summed over the tokens
    tokens: int  # the end of the turn is one


class Answerer:
    """A trained model with its tokenizer and the image tokens of the pictures it is asked about."""

    def __init__(
        self,
        folder: Path,
        settings: PredictSettings,
        trained: tuple[MiniGemini, PreTrainedTokenizerBase] | None = None,
    ) -> None:
        """Read the model of `folder`, or take one that was read from there and its tokenizer.

        Raises:
            UserError: no model lies there.
        """
        if not (folder / "config.json").exists():
            raise UserError(
                f"{folder} holds no trained model; run `snakemake --cores all {folder}`"
            )
        self.settings = settings
        self.model: MiniGemini
        self.tokenizer: PreTrainedTokenizerBase
        self.model, self.tokenizer = trained or _trained_in_both_stages(folder, settings)
        image_bounds = shows_bounds(self.model.architecture, settings.template)
        self.pieces = PieceTokens(self.tokenizer, image_bounds=image_bounds)
        self.stop_tokens = self._stop_tokens()
        # image tokens [pictures, tokens, hidden], on the CPU
        self.pictures: Tensor | None = None
        # read and written so far; a picture is one token here
        self.tokens = 0

    def _stop_tokens(self) -> set[int]:
        stop_tokens = {self.tokenizer.eos_token_id}
        # a template's end may be no token of its own
        end = ANSWER_END[self.settings.template].strip()
        if end in self.tokenizer.get_vocab():
            stop_tokens.add(self.tokenizer.convert_tokens_to_ids(end))
        return {token for token in stop_tokens if isinstance(token, int)}

    @torch.inference_mode()
    def see(self, pictures: Sequence[bytes]) -> None:
        """Compute the image tokens of these pictures; prompts name them by position.

        Raises:
            UserError: a picture has no cached features, or cannot be decoded.
        """
        store = FeatureStore()
        parts = []
        for start in range(0, len(pictures), self.settings.batch_size):
            part = pictures[start : start + self.settings.batch_size]
            if self.model.vision_tower is None:
                low, high = self._cached_features(store, part)
            else:
                low, high = self._tower_features(part, start)
            # a benchmark's pictures may not fit beside the model
            parts.append(self.model.image_tokens(low, high).cpu())
        self.pictures = torch.cat(parts)

    def _cached_features(
        self, store: FeatureStore, pictures: Sequence[bytes]
    ) -> tuple[Tensor, Tensor]:
        """Return `[N, P*P, C]` and `[N, S, S, A]` of N pictures."""
        rows = store.rows(sha256_of_bytes(data) for data in pictures)
        # stored as float16; the model casts them to its own precision
        low = torch.from_numpy(store.low_res(rows)).float()
        high = torch.from_numpy(store.high_res(rows)).float()
        return low.to(self.model.device), high.to(self.model.device)

    def _tower_features(self, pictures: Sequence[bytes], start: int) -> tuple[Tensor, Tensor]:
        """Return the same of pictures that the model's own towers look at.

        `start` is the first one's position, for messages.
        """
        # nothing is cropped away: a question may be about the edge (as the reference evaluates)
        pipeline = pixel_pipeline(self.model, "pad")
        images = []
        images_aux = []
        for position, data in enumerate(pictures, start):
            image, image_aux = pipeline(_decode(data, f"picture {position}"))
            images.append(image)
            images_aux.append(image_aux)
        device = self.model.device
        return self.model.tower_features(
            torch.stack(images).to(device), torch.stack(images_aux).to(device)
        )

    def prompt(self, question: str, picture: int | None) -> Prompt:
        """Return the tokens of a question about a picture, or about none."""
        text = prompt_text(question, self.settings.template, picture is not None)
        return Prompt(self.pieces.with_images(text), picture)

    def answers(self, prompts: Sequence[Prompt], max_new_tokens: int, progress: str) -> list[str]:
        """Return the greedy answers, trimmed."""
        generated = generate(
            self.model,
            prompts,
            self.pictures,
            max_new_tokens,
            self.stop_tokens,
            self.settings.batch_size,
            progress,
        )
        self.tokens += sum(len(ids) for ids in generated)
        self.tokens += sum(len(prompt.ids) for prompt in prompts)
        return [self._answer(ids) for ids in generated]

    def _answer(self, ids: Sequence[int]) -> str:
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        if self.settings.template == "v0":
            # generation does not stop here where `###` is several tokens
            text = text.partition("###")[0]
        return text.strip()

    def likelihoods(self, answers: Sequence[Answer], progress: str) -> list[Likelihood]:
        """Return how likely each of these answers is."""
        prompts = []
        answer_ids = []
        for answer in answers:
            prompt, ids = split_answer(answer, self.settings.template, self.pieces)
            prompts.append(prompt)
            answer_ids.append(ids)
        sums = log_probabilities(
            self.model,
            prompts,
            answer_ids,
            self.pictures,
            self.settings.batch_size,
            progress,
        )
        self.tokens += sum(len(prompt.ids) for prompt in prompts)
        self.tokens += sum(len(ids) for ids in answer_ids)
        pairs = zip(sums, answer_ids, strict=True)
        return [Likelihood(total, len(ids)) for total, ids in pairs]


def _decode(data: bytes, where: str) -> Image.Image:
    try:
        return decode_image(data)
    except BadImage as error:
        raise UserError(f"{where} of the benchmark: {error}") from None


def _trained_in_both_stages(
    folder: Path, settings: PredictSettings
) -> tuple[MiniGemini, PreTrainedTokenizerBase]:
    precision = choose_precision(settings.precision)
    config = read_object(folder / "config.json")
    model = MiniGemini.from_upstream(
        folder,
        # upstream's names: a folder says itself which towers it was trained with
        config.get("mm_vision_tower"),
        config.get("mm_vision_tower_aux"),
        attn_implementation=choose_attention(settings.attn_implementation, precision),
    )
    if torch.cuda.is_available():
        model.to("cuda")
    # frozen first: only frozen parameters are cast
    cast_parameters(model.requires_grad_(False), getattr(torch, precision))
    tokenizer = load_tokenizer(folder)
    if model.architecture.mm_use_im_start_end:
        # upstream may leave them out of its tokenizer's files
        add_bound_tokens(tokenizer)
        require_fitting_tokenizer(tokenizer, model.config.vocab_size, str(folder))
    return model, tokenizer
