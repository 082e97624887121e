"""Asking a chat model until its answer can be read, and the settings of all who ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bettersynth.errors import UserError
from bettersynth.measuring.chat_answers import CachedChat, Question, load_chat

SAMPLING = ("temperature", "top_p", "max_tokens")

Read = TypeVar("Read")


@dataclass(frozen=True)
class ChatSettings:
    """How a chat model at an OpenAI-compatible endpoint is asked.

    Its address stands in `model_params.base_url` or among the `settings` of captioner
    openai_endpoint (key_env, prices, parallel, ...). `sampling_params`: temperature (here 0 unless
    said), top_p, max_tokens.
    """

    model_params: dict[str, Any] = field(default_factory=dict)
    sampling_params: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        if "api_key" in self.model_params:
            raise UserError("model_params must not hold an api_key; it comes from the environment")
        _refuse_unknown("model_params", self.model_params, ("base_url",))
        _refuse_unknown("sampling_params", self.sampling_params, SAMPLING)

    def open_chat(self, model: str, operator: str) -> CachedChat:
        """Return the chat model of this name, which `operator` asks.

        Raises:
            UserError: a wrong setting.
        """
        sampling = dict(self.sampling_params)
        top_p = sampling.pop("top_p", None)
        endpoint = {"model": model, "temperature": 0.0, **self.settings}
        endpoint |= {**self.model_params, **sampling}
        return load_chat(endpoint, top_p, self.seed, f"{operator}: settings")


@dataclass(frozen=True)
class RepeatedChatSettings(ChatSettings):
    """How a chat model is asked, `try_num` times at most, until its answer can be read."""

    try_num: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.try_num < 1:
            raise UserError(f"try_num is {self.try_num}; it must be 1 or more")


def _refuse_unknown(where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UserError(f"{where} has no {name}; known are: {', '.join(known)}")


def answered(
    chat: CachedChat, told: str, asked: Sequence[str], read: Callable[[str], Read], tries: int
) -> tuple[dict[str, Read], dict[str, str]]:
    """Return what `read` makes of the answer to each of `asked`, under the system prompt `told`,
    and the reasons of those without an answer that can be read, after `tries` tries.

    `read` raises ValueError for an answer that it cannot read. Equal words are asked once.

    Raises:
        UserError: the endpoint answers nobody.
    """
    answers: dict[str, Read] = {}
    reasons: dict[str, str] = {}
    for number in range(tries):
        left = [words for words in dict.fromkeys(asked) if words not in answers]
        texts, refused = chat.ask([Question(told, words, number) for words in left])
        for question, text in texts.items():
            try:
                answers[question.user] = read(text)
            except ValueError as error:
                reasons[question.user] = str(error)
        reasons |= {question.user: reason for question, reason in refused.items()}
    return answers, {words: reasons[words] for words in asked if words not in answers}
