"""A trained model that answers questions about pictures, and says how likely an answer is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from bettersynth.errors import UserError
from bettersynth.models.answering.answer_tokens import Answer, split_answer
from bettersynth.models.answering.asked_model import Asked, AskedModel
from bettersynth.models.answering.generation import Prompt
from bettersynth.models.architecture.assembly import require_fitting_tokenizer
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.conversation import ANSWER_END, prompt_text
from bettersynth.models.architecture.encoding import PieceTokens
from bettersynth.models.architecture.image_bounds import add_bound_tokens, shows_bounds
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.settings.predict import PredictSettings


def trained_folder(seed: int) -> Path:
    """Return where the model of a training seed lies."""
    return Path(f"models/finetune/{seed}")


def require_trained(folder: Path) -> None:
    """Pass if a trained model lies in a folder.

    Raises:
        UserError: none does.
    """
    if not (folder / "config.json").exists():
        raise UserError(f"{folder} holds no trained model; run `snakemake --cores all {folder}`")


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
        open_model: Callable[[int], Asked] | None = None,
    ) -> None:
        """Read the model of `folder`, or take one that was read from there and its tokenizer.

        With `open_model` only the tokenizer is read: it is given the number of the pictures that
        are seen first, and returns whom to ask.

        Raises:
            UserError: no model lies there.
        """
        require_trained(folder)
        self.settings = settings
        self.open_model = open_model
        self.asked: Asked | None = None
        if open_model is None:
            self.asked = AskedModel(folder, settings, trained[0] if trained else None)
        architecture = trained[0].architecture if trained else MiniGeminiConfig.from_folder(folder)
        self.tokenizer: PreTrainedTokenizerBase = (
            trained[1] if trained else _tokenizer_of(folder, architecture)
        )
        image_bounds = shows_bounds(architecture, settings.template)
        self.pieces = PieceTokens(self.tokenizer, image_bounds=image_bounds)
        self.stop_tokens = self._stop_tokens()
        # image tokens [pictures, tokens, hidden], on the CPU
        self.pictures: Tensor | None = None
        # read and written so far; a picture is one token here
        self.tokens = 0

    @property
    def model(self) -> MiniGemini:
        """The model, where it is in this process."""
        assert isinstance(self.asked, AskedModel)
        return self.asked.model

    def _stop_tokens(self) -> set[int]:
        stop_tokens = {self.tokenizer.eos_token_id}
        # a template's end may be no token of its own
        end = ANSWER_END[self.settings.template].strip()
        if end in self.tokenizer.get_vocab():
            stop_tokens.add(self.tokenizer.convert_tokens_to_ids(end))
        return {token for token in stop_tokens if isinstance(token, int)}

    def see(self, pictures: Sequence[bytes]) -> None:
        """Compute the image tokens of these pictures; prompts name them by position.

        Raises:
            UserError: a picture has no cached features, or cannot be decoded.
        """
        if self.asked is None and self.open_model is not None:
            self.asked = self.open_model(len(pictures))
        self.pictures = self._asked().see(pictures)

    def _asked(self) -> Asked:
        assert self.asked is not None, "without pictures that were seen nobody is asked yet"
        return self.asked

    def prompt(self, question: str, picture: int | None) -> Prompt:
        """Return the tokens of a question about a picture, or about none."""
        text = prompt_text(question, self.settings.template, picture is not None)
        return Prompt(self.pieces.with_images(text), picture)

    def answers(self, prompts: Sequence[Prompt], max_new_tokens: int, progress: str) -> list[str]:
        """Return the greedy answers, trimmed."""
        generated = self._asked().continuations(
            prompts, self.pictures, max_new_tokens, self.stop_tokens, progress
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
        sums = self._asked().log_probabilities(prompts, answer_ids, self.pictures, progress)
        self.tokens += sum(len(prompt.ids) for prompt in prompts)
        self.tokens += sum(len(ids) for ids in answer_ids)
        pairs = zip(sums, answer_ids, strict=True)
        return [Likelihood(total, len(ids)) for total, ids in pairs]


def _tokenizer_of(folder: Path, architecture: MiniGeminiConfig) -> PreTrainedTokenizerBase:
    tokenizer = load_tokenizer(folder)
    if architecture.mm_use_im_start_end:
        # upstream may leave them out of its tokenizer's files
        add_bound_tokens(tokenizer)
        vocabulary = architecture.language_model_config().vocab_size
        require_fitting_tokenizer(tokenizer, vocabulary, str(folder))
    return tokenizer
